/**
 * Approvals: somebody asks, somebody else agrees. Both are files in the bucket of deployments, beside the manifest that
 * they are about and the templates that it names, so that whoever agrees is shown what these say, not what the asker said.
 * Who may write `approved.json` there is IAM's to say.
 */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { type ApprovalRequest, fault, type Signed, type TargetFiles } from 'groundplan/target'
import { compared } from '../compare/compare.ts'
import { type Clients, calling } from './clients.ts'
import { digestOf, type Manifest } from './manifest.ts'
import { type Objects, sha256 } from './objects.ts'
import type { Stacks } from './stacks.ts'

const latest = 'deployments/latest.json'
const within = (digest: string, file: string) => `deployments/${digest}/${file}.json`
const json = { type: 'application/json' }
export const templateKey = (digest: string) => `templates/${digest}.json`

/** Who is at work: of a role the role, whoever took it on. */
export async function whoIs({ sts, profile }: Clients): Promise<{ readonly arn: string; readonly account: string }> {
  const asks = () => sts.send(new GetCallerIdentityCommand({}))
  const { Arn = 'nobody', Account = '' } = await calling('asking AWS who this is', asks, profile)
  return { arn: Arn, account: Account }
}

export async function askFor(objects: Objects, manifest: Manifest, by: string): Promise<Signed> {
  const digest = digestOf(manifest)
  const asked: Signed = { by, at: new Date().toISOString() }
  await objects.put(within(digest, 'manifest'), JSON.stringify(manifest), json)
  await objects.put(within(digest, 'asked'), JSON.stringify(asked), json)
  await objects.put(latest, JSON.stringify({ digest }), json)
  return asked
}

export interface Agreed {
  readonly manifest: Manifest
  readonly digest: string
  readonly asked: Signed
  readonly approved?: Signed
}

/** What was asked last. */
export async function lastAsked(objects: Objects): Promise<Agreed | undefined> {
  const pointer = await objects.text(latest)
  if (pointer === undefined) return undefined
  const { digest }: { digest: string } = JSON.parse(pointer)
  const [manifest, asked, approved] = await Promise.all(
    ['manifest', 'asked', 'approved'].map(file => objects.text(within(digest, file))),
  )
  if (manifest === undefined || asked === undefined) return undefined
  const read: Manifest = JSON.parse(manifest)
  if (digestOf(read) !== digest) throw spoilt(`the manifest ${digest.slice(0, 12)}`)
  return { manifest: read, digest, asked: JSON.parse(asked), ...(approved ? { approved: JSON.parse(approved) } : {}) }
}

function spoilt(what: string): Error {
  return fault('data-damaged', `${what} was changed after it was asked for`, {
    wayOut: 'ask again: groundplan deploy --ask',
  })
}

/** What lies there to be agreed to, in words that come from the templates themselves. */
export async function requestIn(
  objects: Objects,
  clients: Clients,
  stacksIn: (region: string) => Stacks,
): Promise<ApprovalRequest | undefined> {
  const found = await lastAsked(objects)
  if (!found) return undefined
  const { manifest, digest, asked, approved } = found
  const [before, after] = await Promise.all([deployed(manifest, stacksIn), templatesOf(manifest, objects)])
  return {
    ...{ digest, asked, changes: await compared(before, after) },
    ...(approved ? { approved } : {}),
    async approve() {
      const { arn } = await whoIs(clients)
      if (personIn(arn) === personIn(asked.by)) throw oneself(arn)
      const signed: Signed = { by: arn, at: new Date().toISOString() }
      await objects.put(within(digest, 'approved'), JSON.stringify(signed), json)
      return signed
    },
  }
}

/**
 * Who somebody is. Of IAM Identity Center's roles the session's name says who signed in, whichever role it was; of others
 * it is a name that anybody may choose, so that the role is all there is.
 */
export function personIn(arn: string): string {
  const [, role = '', session = ''] = /:assumed-role\/([^/]+)\/(.+)$/.exec(arn) ?? []
  if (role === '') return arn
  return role.startsWith('AWSReservedSSO_') ? session : role
}

function oneself(arn: string): Error {
  return fault('not-allowed', `whoever asked cannot agree: ${arn}`, {
    wayOut: 'let somebody else run groundplan approve, as themselves',
  })
}

async function deployed({ parts }: Manifest, stacksIn: (region: string) => Stacks): Promise<TargetFiles> {
  const found: Record<string, string> = {}
  for (const { name, stack, region } of parts) {
    const now = await stacksIn(region).now(stack)
    if (now) found[`CloudFormation-${name}.json`] = now.template
  }
  return found
}

async function templatesOf({ parts }: Manifest, objects: Objects): Promise<TargetFiles> {
  const found: Record<string, string> = {}
  for (const { name, template } of parts) {
    const text = await objects.text(templateKey(template))
    if (text === undefined || sha256(text) !== template) throw spoilt(`the template of ${name}`)
    found[`CloudFormation-${name}.json`] = text
  }
  return found
}
