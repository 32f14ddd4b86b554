/**
 * CloudFormation before moto: what templates keep, and the bucket of a site, moto makes; all other services are moto's own.
 * It has change sets, too, and they are not used, for what moto 5.2 does otherwise than Amazon:
 *
 * - `ExecuteChangeSet` has ended when it answers: nothing is ever in progress, so that nothing could be followed,
 *   interrupted, or found at work by the next deployment.
 * - It makes events of stacks, and none of the things in them; a failure is an error of the call, without a roll-back.
 * - `DescribeChangeSet` never says that a thing would be replaced, which deployments stop for where it holds data.
 * - `CreateChangeSet` again for a stack that was only looked at makes a second one of that name.
 * - It has no `UpdateTerminationProtection`, and makes nothing of several of our types (`moto.ts` beside this).
 *
 * So change sets, events, failures with their roll-back, and work that goes on while nobody looks are played here. moto's
 * stacks are made, changed and removed by the calls without change sets; what it says no to is a failure here, too.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { asMotoKnows } from './moto.ts'

interface Event {
  readonly id: string
  readonly resource: string
  readonly type: string
  readonly status: string
  readonly why: string
  readonly at: string
}

interface Stack {
  readonly id: string
  readonly name: string
  readonly region: string
  status: string
  template: string
  parameters: Record<string, string>
  outputs: Record<string, string>
  isProtected: boolean
  readonly events: Event[]
  readonly changeSets: Map<string, ChangeSet>
}

interface ChangeSet {
  readonly template: string
  readonly parameters: Record<string, string>
  readonly changes: readonly Change[]
}

interface Change {
  readonly action: string
  readonly id: string
  readonly type: string
  readonly replacement: string
}

export interface StandIn {
  readonly endpoint: string
  /** The next deployment of a part fails at a thing; undefined: none does. */
  failing: { readonly part: string; readonly id: string; readonly why: string } | undefined
  /** While it is true, what was begun goes on and does not end. */
  holding: boolean
  /** Changes that CloudFormation sees and nobody else: to be replaced. */
  replacing: readonly string[]
  /** What was asked of CloudFormation, in order. */
  readonly asked: readonly string[]
  /** Whoever asks who he is, is this. Default: moto's. */
  identity: string | undefined
  stack(name: string): { readonly status: string; readonly isProtected: boolean } | undefined
  close(): Promise<void>
}

type Fields = Readonly<Record<string, string>>

export async function cloudFormationBefore(moto: string): Promise<StandIn> {
  const there = new CloudFormation(moto)
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', async () => {
      const body = Buffer.concat(parts)
      const fields = fieldsOf(body, request.headers)
      const own = fields && (await there.answers(fields, regionOf(request.headers)))
      if (own) {
        response.writeHead(own.status, { 'content-type': 'text/xml' })
        response.end(own.xml)
        return
      }
      const reply = await forwarded(moto, request.method ?? 'POST', request.url ?? '/', request.headers, body)
      response.writeHead(reply.status, reply.headers)
      response.end(reply.body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  there.endpoint = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  there.close = async () => {
    await there.clears()
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  return there
}

async function forwarded(moto: string, method: string, url: string, headers: IncomingHttpHeaders, body: Buffer) {
  const dropped = new Set(['host', 'connection', 'content-length', 'expect', 'transfer-encoding'])
  const given = Object.entries(headers).flatMap(([name, value]) =>
    dropped.has(name) ? [] : [[name, String(value)] as [string, string]],
  )
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const reply = await fetch(moto + url, { method, headers: given, ...(hasBody ? { body } : {}) })
  const skipped = new Set(['content-encoding', 'transfer-encoding', 'connection'])
  const replied = Object.fromEntries([...reply.headers].filter(([name]) => !skipped.has(name)))
  return { status: reply.status, headers: replied, body: Buffer.from(await reply.arrayBuffer()) }
}

function fieldsOf(body: Buffer, headers: IncomingHttpHeaders): Fields | undefined {
  if (!headers['content-type']?.includes('x-www-form-urlencoded')) return undefined
  return Object.fromEntries(new URLSearchParams(body.toString()))
}

function regionOf({ authorization = '' }: IncomingHttpHeaders): string {
  return /Credential=[^/]+\/\d+\/([^/]+)\//.exec(authorization)?.[1] ?? 'us-east-1'
}

interface Reply {
  readonly status: number
  readonly xml: string
}

class CloudFormation implements StandIn {
  endpoint = ''
  failing: StandIn['failing']
  holding = false
  replacing: readonly string[] = []
  identity: string | undefined
  readonly asked: string[] = []
  readonly #moto: string
  readonly #stacks = new Map<string, Stack>()
  /** What goes on, and ends when it is not held any more. */
  readonly #work = new Map<string, () => Promise<void>>()
  close: () => Promise<void> = async () => {}

  constructor(moto: string) {
    this.#moto = moto
  }

  stack(name: string) {
    return [...this.#stacks.values()].find(each => each.name === name && each.status !== 'DELETE_COMPLETE')
  }

  /** Removes from moto what is left there. */
  async clears(): Promise<void> {
    for (const { name, region } of [...this.#stacks.values()].toReversed()) {
      await this.#motos(region, 'DeleteStack', { StackName: name }).catch(() => '')
    }
  }

  async answers(fields: Fields, region: string): Promise<Reply | undefined> {
    const { Action = '', Version } = fields
    if (Action === 'GetCallerIdentity' && this.identity !== undefined) {
      return done(Action, `<Arn>${this.identity}</Arn><Account>123456789012</Account><UserId>U</UserId>`)
    }
    if (Version !== '2010-05-15') return undefined
    const name = fields.StackName ?? ''
    if (!Action.startsWith('Describe') && Action !== 'GetTemplate') this.asked.push(`${Action} ${name}`)
    try {
      return done(Action, await this.#does(Action, name, fields, region))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { status: 400, xml: errorXml(message) }
    }
  }

  async #does(action: string, name: string, fields: Fields, region: string): Promise<string> {
    switch (action) {
      case 'DescribeStacks':
        await this.#goesOn(name)
        return `<Stacks><member>${stackXml(this.#known(name))}</member></Stacks>`
      case 'GetTemplate':
        return `<TemplateBody>${escaped(this.#known(name).template)}</TemplateBody>`
      case 'CreateChangeSet':
        return this.#prepares(name, fields, region)
      case 'DescribeChangeSet':
        return changeSetXml(this.#changeSet(name, fields))
      case 'DeleteChangeSet':
        this.#changeSet(name, fields)
        this.stack(name)?.changeSets.delete(fields.ChangeSetName ?? '')
        return ''
      case 'ExecuteChangeSet':
        await this.#executes(this.#known(name), this.#changeSet(name, fields))
        return ''
      case 'DescribeStackEvents':
        await this.#goesOn(name)
        return `<StackEvents>${this.#known(name)
          .events.map(event => eventXml(this.#known(name), event))
          .toReversed()
          .join('')}</StackEvents>`
      case 'DescribeStackResource':
        return this.#motos(region, action, { StackName: name, LogicalResourceId: fields.LogicalResourceId ?? '' }).then(
          inner,
        )
      case 'UpdateTerminationProtection':
        this.#known(name).isProtected = fields.EnableTerminationProtection === 'true'
        return ''
      case 'DeleteStack':
        await this.#removes(this.#known(name))
        return ''
      default:
        throw new Error(`the stand-in does not know ${action}`)
    }
  }

  #known(nameOrId: string): Stack {
    const found = this.#stacks.get(nameOrId) ?? this.stack(nameOrId)
    if (!found) throw new Error(`Stack with id ${nameOrId} does not exist`)
    return found
  }

  #changeSet(name: string, { ChangeSetName = '' }: Fields): ChangeSet {
    const found = this.stack(name)?.changeSets.get(ChangeSetName)
    if (!found) throw new Error(`ChangeSet [${ChangeSetName}] does not exist`)
    return found
  }

  async #prepares(name: string, fields: Fields, region: string): Promise<string> {
    const stack = this.stack(name) ?? this.#new(name, region)
    const template = fields.TemplateBody ?? (await this.#fromS3(fields.TemplateURL ?? ''))
    const parameters = parametersIn(fields)
    const changes = changesBetween(stack, template, parameters, this.replacing)
    stack.changeSets.set(fields.ChangeSetName ?? '', { template, parameters, changes })
    return `<Id>${fields.ChangeSetName}</Id><StackId>${stack.id}</StackId>`
  }

  #new(name: string, region: string): Stack {
    const id = `arn:aws:cloudformation:${region}:123456789012:stack/${name}/${randomUUID()}`
    const stack: Stack = {
      ...{ id, name, region, status: 'REVIEW_IN_PROGRESS', template: '{}', parameters: {}, outputs: {} },
      ...{ isProtected: false, events: [], changeSets: new Map() },
    }
    this.#stacks.set(id, stack)
    return stack
  }

  /** `https://<bucket>.s3.<region>.amazonaws.com/<key>`: moto has it. */
  async #fromS3(url: string): Promise<string> {
    const { hostname, pathname } = new URL(url)
    const reply = await fetch(`${this.#moto}/${hostname.slice(0, hostname.indexOf('.s3.'))}${pathname}`, {
      headers: { authorization: scope('s3', 'us-east-1') },
    })
    if (!reply.ok) throw new Error(`S3 error: Access Denied: ${url}`)
    return reply.text()
  }

  async #executes(stack: Stack, { template, parameters, changes }: ChangeSet): Promise<void> {
    const verb = stack.template === '{}' ? 'CREATE' : 'UPDATE'
    stack.status = `${verb}_IN_PROGRESS`
    happens(stack, stack.name, 'AWS::CloudFormation::Stack', stack.status, 'User Initiated')
    for (const { id, type, action } of changes) happens(stack, id, type, `${verbOf(action)}_IN_PROGRESS`)
    const failing = this.failing
    this.#work.set(stack.id, async () => {
      if (failing && stack.name.endsWith(`-${failing.part}`)) return undone(stack, verb, changes, failing)
      await this.#makes(stack, verb, template, parameters)
      for (const { id, type, action } of changes) happens(stack, id, type, `${verbOf(action)}_COMPLETE`)
      Object.assign(stack, { template, parameters, status: `${verb}_COMPLETE` })
      happens(stack, stack.name, 'AWS::CloudFormation::Stack', stack.status)
    })
  }

  /** Moto makes what is kept; certificates, firewalls and what runs are played alone, but for the bucket of a site. */
  async #makes(stack: Stack, verb: string, template: string, parameters: Fields): Promise<void> {
    if (!/-(deployment|infra)$/.test(stack.name)) {
      stack.outputs = Object.fromEntries(outputsOf(template).map(name => [name, `made-${name}`]))
      const files = bucketOfSite(template)
      if (files && verb === 'CREATE')
        await this.#motos(stack.region, 'CreateStack', { StackName: stack.name, TemplateBody: files })
      return
    }
    const given = Object.entries(parameters).flatMap(([key, value], at) => [
      [`Parameters.member.${at + 1}.ParameterKey`, key] as const,
      [`Parameters.member.${at + 1}.ParameterValue`, value] as const,
    ])
    const action = verb === 'CREATE' ? 'CreateStack' : 'UpdateStack'
    const fields = { StackName: stack.name, TemplateBody: asMotoKnows(template), ...Object.fromEntries(given) }
    await this.#motos(stack.region, action, fields).catch(error => {
      if (!String(error).includes('No updates are to be performed')) throw error
    })
    const text = await this.#motos(stack.region, 'DescribeStacks', { StackName: stack.name })
    const outputs = [...text.matchAll(/<OutputKey>([^<]*)<\/OutputKey>\s*<OutputValue>([^<]*)<\/OutputValue>/g)]
    stack.outputs = Object.fromEntries(outputs.map(([, key = '', value = '']) => [key, value]))
  }

  async #removes(stack: Stack): Promise<void> {
    if (stack.isProtected)
      throw new Error(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`)
    const things = resourcesOf(stack.template)
    stack.status = 'DELETE_IN_PROGRESS'
    happens(stack, stack.name, 'AWS::CloudFormation::Stack', stack.status, 'User Initiated')
    for (const [id, type] of things) happens(stack, id, type, 'DELETE_IN_PROGRESS')
    this.#work.set(stack.id, async () => {
      await this.#motos(stack.region, 'DeleteStack', { StackName: stack.name }).catch(() => '')
      for (const [id, type] of things) happens(stack, id, type, 'DELETE_COMPLETE')
      stack.status = 'DELETE_COMPLETE'
      happens(stack, stack.name, 'AWS::CloudFormation::Stack', stack.status)
    })
  }

  /** Each look lets what runs come to its end, unless it is held. */
  async #goesOn(nameOrId: string): Promise<void> {
    const stack = this.#stacks.get(nameOrId) ?? this.stack(nameOrId)
    const work = stack && this.#work.get(stack.id)
    if (!stack || !work || this.holding) return
    this.#work.delete(stack.id)
    await work()
  }

  async #motos(region: string, action: string, fields: Fields): Promise<string> {
    const body = new URLSearchParams({ Action: action, Version: '2010-05-15', ...fields })
    const headers = { authorization: scope('cloudformation', region) }
    const reply = await fetch(this.#moto, { method: 'POST', body, headers })
    const text = await reply.text()
    if (!reply.ok) throw new Error(`moto: ${action}: ${text.slice(0, 1_000)}`)
    return text
  }
}

/** moto checks no signature, and finds the service by its scope. */
function scope(service: string, region: string): string {
  return `AWS4-HMAC-SHA256 Credential=groundplan/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=none`
}

/** What has been made goes again, and the stack is as it was. */
function undone(
  stack: Stack,
  verb: string,
  changes: readonly Change[],
  failing: NonNullable<StandIn['failing']>,
): void {
  const cancelled = 'Resource creation cancelled'
  const cause = changes.find(({ id }) => id === failing.id)
  happens(stack, failing.id, cause?.type ?? '', `${verbOf(cause?.action ?? 'Add')}_FAILED`, failing.why)
  for (const { id, type, action } of changes.slice(-2)) {
    if (id !== failing.id) happens(stack, id, type, `${verbOf(action)}_FAILED`, cancelled)
  }
  const back = verb === 'CREATE' ? 'ROLLBACK' : 'UPDATE_ROLLBACK'
  const why = `The following resource(s) failed to ${verb.toLowerCase()}: [${failing.id}].`
  happens(stack, stack.name, 'AWS::CloudFormation::Stack', `${back}_IN_PROGRESS`, why)
  const [first] = changes
  if (first) happens(stack, first.id, first.type, 'DELETE_COMPLETE')
  stack.status = `${back}_COMPLETE`
  happens(stack, stack.name, 'AWS::CloudFormation::Stack', stack.status)
}

function happens(stack: Stack, resource: string, type: string, status: string, why = ''): void {
  stack.events.push({ id: randomUUID(), resource, type, status, why, at: new Date().toISOString() })
}

const verbs: Readonly<Record<string, string>> = { Add: 'CREATE', Modify: 'UPDATE', Remove: 'DELETE' }

function verbOf(action: string): string {
  return verbs[action] ?? action
}

function resourcesOf(template: string): readonly (readonly [id: string, type: string])[] {
  const { Resources = {} }: { Resources?: Record<string, { Type: string }> } = JSON.parse(template)
  return Object.entries(Resources).map(([id, { Type }]) => [id, Type])
}

/** A template of the bucket alone, without what refers to others. */
function bucketOfSite(template: string): string | undefined {
  const { Resources = {} }: { Resources?: Record<string, { Type: string }> } = JSON.parse(template)
  const { SiteFiles } = Resources
  return SiteFiles && JSON.stringify({ Resources: { SiteFiles: { Type: SiteFiles.Type } } })
}

function outputsOf(template: string): readonly string[] {
  const { Outputs = {} }: { Outputs?: object } = JSON.parse(template)
  return Object.keys(Outputs)
}

function changesBetween(
  stack: Stack,
  template: string,
  parameters: Fields,
  replacing: readonly string[],
): readonly Change[] {
  const [before, after] = [stack.template, template].map(text => JSON.parse(text).Resources ?? {})
  const same = JSON.stringify(stack.parameters) === JSON.stringify(parameters)
  const now = Object.entries<{ Type: string }>(after).flatMap(([id, resource]): readonly Change[] => {
    const known = before[id]
    if (!known) return [{ action: 'Add', id, type: resource.Type, replacement: '' }]
    const differs = JSON.stringify(known) !== JSON.stringify(resource) || (!same && replacing.length === 0)
    if (!differs && !replacing.includes(id)) return []
    return [{ action: 'Modify', id, type: resource.Type, replacement: replacing.includes(id) ? 'True' : 'False' }]
  })
  const gone = Object.entries<{ Type: string }>(before).filter(([id]) => !(id in after))
  return [...now, ...gone.map(([id, { Type }]) => ({ action: 'Remove', id, type: Type, replacement: '' }))]
}

function parametersIn(fields: Fields): Record<string, string> {
  const keys = Object.keys(fields).filter(name => name.endsWith('.ParameterKey'))
  return Object.fromEntries(keys.map(name => [fields[name] ?? '', fields[name.replace('Key', 'Value')] ?? '']))
}

// ---------- as CloudFormation writes it

function done(action: string, inside: string): Reply {
  return {
    status: 200,
    xml: `<${action}Response><${action}Result>${inside}</${action}Result></${action}Response>`,
  }
}

function errorXml(message: string): string {
  const code = message.includes('ChangeSet') ? 'ChangeSetNotFound' : 'ValidationError'
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error></ErrorResponse>`
}

/** What is within moto's `…Result`. */
function inner(xml: string): string {
  return /Result>([\s\S]*)<\/\w+Result>/.exec(xml)?.[1] ?? ''
}

function stackXml({ id, name, status, parameters, outputs, isProtected }: Stack): string {
  const members = (all: Fields, kind: string) =>
    Object.entries(all)
      .map(
        ([key, value]) =>
          `<member><${kind}Key>${key}</${kind}Key><${kind}Value>${escaped(value)}</${kind}Value></member>`,
      )
      .join('')
  return (
    `<StackId>${id}</StackId><StackName>${name}</StackName><StackStatus>${status}</StackStatus>` +
    `<CreationTime>2026-01-01T00:00:00Z</CreationTime><EnableTerminationProtection>${isProtected}</EnableTerminationProtection>` +
    `<Parameters>${members(parameters, 'Parameter')}</Parameters><Outputs>${members(outputs, 'Output')}</Outputs>`
  )
}

function changeSetXml({ changes }: ChangeSet): string {
  if (changes.length === 0) {
    const why = "The submitted information didn't contain changes. Submit different information to create a change set."
    return `<Status>FAILED</Status><StatusReason>${escaped(why)}</StatusReason>`
  }
  const members = changes.map(
    ({ action, id, type, replacement }) =>
      `<member><Type>Resource</Type><ResourceChange><Action>${action}</Action><LogicalResourceId>${id}</LogicalResourceId>` +
      `<ResourceType>${type}</ResourceType>${replacement ? `<Replacement>${replacement}</Replacement>` : ''}</ResourceChange></member>`,
  )
  return `<Status>CREATE_COMPLETE</Status><Changes>${members.join('')}</Changes>`
}

function eventXml(stack: Stack, { id, resource, type, status, why, at }: Event): string {
  const physical = resource === stack.name ? stack.id : resource
  return (
    `<member><EventId>${id}</EventId><StackId>${stack.id}</StackId><StackName>${stack.name}</StackName>` +
    `<LogicalResourceId>${resource}</LogicalResourceId><PhysicalResourceId>${physical}</PhysicalResourceId>` +
    `<ResourceType>${type}</ResourceType><Timestamp>${at}</Timestamp><ResourceStatus>${status}</ResourceStatus>` +
    `<ResourceStatusReason>${escaped(why)}</ResourceStatusReason></member>`
  )
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
