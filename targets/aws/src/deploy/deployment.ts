/**
 * Deploying a system, part by part: each by a change set of CloudFormation, followed to its end. Before the first part
 * nothing is changed; a part that is as it should be is left alone, so that a deployment which was interrupted, or failed,
 * goes on when it is begun again. What still runs there, whoever began it, is followed first.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Change } from '@aws-sdk/client-cloudformation'
import { type Deployment, type DeploymentEnd, fault, type Shipping } from 'groundplan/target'
import { kindOf, whatIs } from '../compare/kinds.ts'
import { type Resource, resourcesIn } from '../compare/templates.ts'
import type { AwsSettings } from '../settings.ts'
import { type System, systemOf } from '../system.ts'
import { askFor, lastAsked, requestIn, templateKey, whoIs } from './approvals.ts'
import type { Assets } from './assets.ts'
import { type Clients, clientsIn } from './clients.ts'
import { type Followed, followed } from './follow.ts'
import { covers, digestOf } from './manifest.ts'
import { Objects, sha256 } from './objects.ts'
import { codeKey, order, type Part, type Plan, planned, regionOf, resolvedFor, stackName } from './plan.ts'
import { afterwards, wayOutOf } from './reasons.ts'
import { bringsFiles, dropsFiles } from './site-files.ts'
import { Stacks } from './stacks.ts'

export interface Parts {
  readonly settings: AwsSettings
  assets(system: System): Promise<Assets>
  /** How often CloudFormation is asked how far it is. Default 2 seconds. */
  readonly pollMs?: number
  /** What time it is, where that is another than the machine's. */
  readonly now?: () => Date
}

/** What deployments, approvals and removals share: a system in its place. */
export interface There {
  readonly system: System
  readonly clients: Clients
  readonly objects: Objects
  readonly pollMs: number
  readonly now?: () => Date
  stacksIn(region: string): Stacks
}

/** Which system, where, and with whose credentials. */
export type Meant = Pick<Shipping, 'plan' | 'environment' | 'profile'>

export function thereOf({ plan, environment, profile }: Meant, settings: AwsSettings, pollMs = 2_000): There {
  const system = systemOf(plan, environment, settings)
  const clients = clientsIn(system.settings.region, profile)
  const stacks = new Map<string, Stacks>()
  return {
    ...{ system, clients, pollMs },
    objects: new Objects(clients.s3, system.names.deployments),
    stacksIn(region) {
      const known = stacks.get(region) ?? new Stacks(region === clients.region ? clients : clientsIn(region, profile))
      stacks.set(region, known)
      return known
    },
  }
}

export async function deploymentOf(shipping: Shipping, parts: Parts): Promise<Deployment> {
  const found = thereOf(shipping, parts.settings, parts.pollMs)
  const there: There = parts.now ? { ...found, now: parts.now } : found
  const { system, objects, clients } = there
  const { arn, account } = await whoIs(clients)
  await followWhatRuns(there, shipping)
  // Loaded when it is known that there is somebody to deploy for.
  const { synthesized } = await import('../synth.ts')
  const files = synthesized(shipping.plan, shipping.environment, parts.settings)
  const plan = await planned({ ...there, files, shipping, assets: parts.assets })
  const { approval } = system.settings
  const asked = approval === 'another' ? await lastAsked(objects) : undefined
  const approved = asked?.approved && covers(asked.manifest, plan.manifest) ? asked.approved : undefined
  return {
    to: `${system.settings.region}, account ${account}, as ${arn}`,
    ...{ digest: digestOf(plan.manifest), changes: plan.changes, approval },
    ...(approved ? { approved } : {}),
    async ask() {
      const end = await new Run(there, shipping, plan).readies()
      if (end) throw fault('engine-unavailable', `what is asked for cannot be put there: ${whyOf(end)}`)
      return askFor(objects, plan.manifest, arn)
    },
    async run() {
      if (approval === 'another' && !approved && plan.changes.changes.length > 0)
        throw fault('not-allowed', 'nobody else has agreed to this yet')
      return new Run(there, shipping, plan).deploys()
    },
  }
}

/** What somebody asked another to agree to. */
export async function askedOf(meant: Meant, settings: AwsSettings) {
  const { objects, clients, stacksIn } = thereOf(meant, settings)
  return requestIn(objects, clients, stacksIn)
}

function whyOf(end: DeploymentEnd): string {
  return 'why' in end ? end.why : 'it was interrupted'
}

/** Somebody's deployment, or an earlier one of ours that was left: two at once are one too many. */
export async function followWhatRuns(there: There, shipping: Shipping): Promise<void> {
  for (const name of order) {
    const [stacks, stack] = [there.stacksIn(regionOf(there.system, name)), stackName(there.system, name)]
    const now = await stacks.now(stack)
    if (!now?.status.endsWith('_IN_PROGRESS')) continue
    const what = `CloudFormation is at work on it (${now.status}): this goes on when that has ended`
    shipping.told({ part: name, state: 'note', what })
    await following(there, shipping, name, now.template, now.id)
    if (shipping.signal.aborted) return
  }
}

export function following(
  there: There,
  { told, signal }: Shipping,
  part: string,
  template: string,
  stack: string,
): Promise<Followed> {
  const resources = resourcesIn({ [part]: template })
  const words = (id: string, type: string) => whatIs(resources.get(`${part} ${id}`) ?? bare(id, type))
  const stacks = there.stacksIn(regionOf(there.system, part))
  return followed({ ...{ stacks, part, stack, words, told, signal }, pollMs: there.pollMs })
}

/** What a template before this one had. */
function bare(id: string, type: string): Resource {
  return { id, type, file: '', kept: false, properties: {} }
}

/** One go through the parts. */
class Run {
  readonly #there: There
  readonly #shipping: Shipping
  readonly #plan: Plan
  readonly #outputs: Record<string, Readonly<Record<string, string>>> = {}

  constructor(there: There, shipping: Shipping, plan: Plan) {
    this.#there = there
    this.#shipping = shipping
    this.#plan = plan
  }

  /** The bucket that everything else goes through, with what is to be deployed in it. */
  async readies(): Promise<DeploymentEnd | undefined> {
    const [first] = this.#plan.parts
    const failed = first && (await this.#deploys(first))
    if (failed) return failed
    await this.#uploads()
    return undefined
  }

  async deploys(): Promise<DeploymentEnd> {
    const early = await this.readies()
    if (early) return early
    for (const part of this.#plan.parts.slice(1)) {
      if (this.#shipping.signal.aborted) return { end: 'left', part: part.name }
      const failed = await this.#deploys(part)
      if (failed) return failed
    }
    const waits = Object.values(this.#plan.images.missing)
    if (waits.length > 0) return waitsFor(waits)
    return { end: 'done', addresses: addressesOf(this.#there.system) }
  }

  /** Each thing once: its name says what is in it. */
  async #uploads(): Promise<void> {
    const { objects } = this.#there
    for (const { template } of this.#plan.parts) await objects.putOnce(templateKey(sha256(template)), template)
    for (const code of this.#plan.assets.codes) {
      const isNew = await objects.putOnce(codeKey(code), code.zip)
      const size = `${Math.ceil(code.zip.length / 1_000)} KB`
      if (isNew) this.#note('assets', `code of ${code.name} uploaded, ${size}`)
    }
  }

  async #deploys(part: Part): Promise<DeploymentEnd | undefined> {
    const { stacksIn } = this.#there
    const stacks = stacksIn(part.region)
    if (part.isRemnant) await this.#clears(part)
    const name = `groundplan-${digestOf(this.#plan.manifest).slice(0, 12)}`
    await this.#uploadsFiles(part)
    const parameters = resolvedFor(part, this.#outputs)
    const to = { name: part.stack, template: this.#templateOf(part), parameters, isNew: part.was === undefined }
    const changes = await stacks.changeSet(to, name, () => this.#pause())
    if (changes.length === 0) {
      this.#note(part.name, 'is as it should be')
    } else {
      refuseUnsaid(part, changes, this.#plan)
      await stacks.execute(part.stack, name)
      const failed = await this.#follows(part)
      if (failed) return failed
    }
    if (part.was === undefined) await this.#uploadsFiles(part)
    await this.#dropsFiles(part)
    await this.#settles(part)
    return undefined
  }

  /** Files of the site, before the pages that name them; where their bucket is made with the rest, after it. */
  async #uploadsFiles({ name, stack, region }: Part): Promise<void> {
    const { files } = this.#plan.assets
    if (name !== 'application' || files.length === 0) return
    const bucket = await this.#there.stacksIn(region).physicalId(stack, 'SiteFiles')
    if (bucket === undefined) return
    const site = new Objects(this.#there.clients.s3, bucket)
    const count = await bringsFiles(site, files, this.#shipping.signal)
    if (count > 0) this.#note('assets', `${count} files of the site uploaded`)
  }

  /** When the pages that name them no more are gone. */
  async #dropsFiles({ name, stack, region }: Part): Promise<void> {
    const { files } = this.#plan.assets
    if (name !== 'application' || files.length === 0) return
    const { clients, objects, stacksIn, now = () => new Date() } = this.#there
    const bucket = await stacksIn(region).physicalId(stack, 'SiteFiles')
    if (bucket === undefined) return
    const count = await dropsFiles(new Objects(clients.s3, bucket), objects, files, now())
    if (count > 0) this.#note('assets', `${count} files removed that no page of the site has named for a week`)
  }

  /** The first part has no bucket yet; what is small needs none. */
  #templateOf({ template, name, region }: Part): { readonly body: string } | { readonly url: string } {
    if (Buffer.byteLength(template) <= mostInline) return { body: template }
    const { bucket } = this.#there.objects
    if (name === 'deployment') throw new TypeError('the first template is a small one')
    const home = region === this.#there.clients.region ? region : this.#there.clients.region
    return { url: `https://${bucket}.s3.${home}.amazonaws.com/${templateKey(sha256(template))}` }
  }

  async #follows(part: Part): Promise<DeploymentEnd | undefined> {
    const stacks = this.#there.stacksIn(part.region)
    const now = await stacks.now(part.stack)
    const found = await following(this.#there, this.#shipping, part.name, part.template, now?.id ?? part.stack)
    if (found.end === 'done') return undefined
    if (found.end === 'left') return { end: 'left', part: part.name }
    const { what, why } = found.cause ?? { what: 'the stack', why: found.status }
    const after = afterwards(found.status)
    return { end: 'failed', part: part.name, what, why, wayOut: wayOutOf(why), after }
  }

  /** What is left of a first try that failed holds nothing, and is in the way. */
  async #clears(part: Part): Promise<void> {
    const stacks = this.#there.stacksIn(part.region)
    const now = await stacks.now(part.stack)
    if (!now) return
    this.#note(part.name, 'what is left of a first try that failed is removed')
    await stacks.remove(part.stack)
    await following(this.#there, { ...this.#shipping, told: () => {} }, part.name, part.template, now.id)
  }

  async #settles({ name, stack, region }: Part): Promise<void> {
    const stacks = this.#there.stacksIn(region)
    const now = await stacks.now(stack)
    this.#outputs[name] = now?.outputs ?? {}
    const { protectData } = this.#there.system.settings.sizes
    if (now && now.isProtected !== protectData) await stacks.protect(stack, protectData)
  }

  #note(part: string, what: string): void {
    this.#shipping.told({ part, what, state: 'note' })
  }

  async #pause(): Promise<void> {
    await pause(this.#there.pollMs, undefined, { signal: this.#shipping.signal }).catch(() => {})
  }
}

/** What CloudFormation takes in the call itself. */
const mostInline = 51_200

/** CloudFormation knows best what it must replace: data that goes with it, and was not said before, stops everything. */
function refuseUnsaid({ name, template, was }: Part, changes: readonly Change[], { changes: said }: Plan): void {
  const resources = resourcesIn({ [name]: was?.template ?? template })
  const unsaid = changes.flatMap(({ ResourceChange: change }) => {
    const resource = resources.get(`${name} ${change?.LogicalResourceId}`)
    const goes = change?.Action === 'Remove' || change?.Replacement === 'True'
    if (!resource || !goes || resource.kept || !kindOf(resource).holdsData) return []
    const what = whatIs(resource)
    return said.loses.some(sentence => sentence.includes(what)) ? [] : [what]
  })
  if (unsaid.length === 0) return
  throw fault('plan-invalid', `CloudFormation would replace what holds data: ${unsaid.join(', ')}`, {
    wayOut:
      'nothing of this part was changed: take the change back, or give the thing another name and move what it holds',
  })
}

function waitsFor(images: readonly string[]): DeploymentEnd {
  const why = `what runs waits for images: ${images.join(', ')}`
  return { end: 'waits', why, wayOut: 'build and push them (linux/arm64), then: groundplan deploy --images <tag>' }
}

function addressesOf({ settings, plan }: System): readonly string[] {
  return plan.sites.length > 0 || Object.keys(plan.gateways).length > 0 ? [`https://${settings.host}`] : []
}
