/**
 * Permissions, one by one: who may do what with which thing, under which conditions. Of two templates those are wider in
 * the second that no permission of the first held already.
 */
import { isRecord, type Json, listOf, type Properties, type Resource, shown } from './templates.ts'

export interface Permission {
  /** The role, or who is let in by a resource's own policy. */
  readonly who: string
  readonly action: string
  readonly resource: string
  /** Without it, always. */
  readonly condition?: string
}

/** All that roles may do, and all that others may do by the policies of resources. What is denied takes away nothing here. */
export function permissionsOf(resources: Iterable<Resource>): readonly Permission[] {
  return [...resources].flatMap(permissionsIn)
}

function permissionsIn(resource: Resource): readonly Permission[] {
  const { type, properties, id } = resource
  switch (type) {
    case 'AWS::IAM::Role':
      return [
        ...trusts(resource),
        ...policies(properties).flatMap(policy => statements(policy, `role ${id}`)),
        ...managed(resource),
      ]
    case 'AWS::IAM::Policy':
    case 'AWS::IAM::ManagedPolicy':
      return statements(properties.PolicyDocument, `policy ${id}`)
    case 'AWS::SSO::PermissionSet':
      return statements(properties.InlinePolicy, `permission set ${id}`)
    case 'AWS::SSO::Assignment':
      return [assigned(properties)]
    case 'AWS::KMS::Key':
      return statements(properties.KeyPolicy, undefined, `key ${id}`)
    case 'AWS::S3::BucketPolicy':
    case 'AWS::SQS::QueuePolicy':
    case 'AWS::SNS::TopicPolicy':
      return statements(properties.PolicyDocument, undefined)
    case 'AWS::Lambda::Permission':
      return [invoked(properties)]
    default:
      return []
  }
}

function policies({ Policies }: Properties): readonly (Json | undefined)[] {
  return listOf(Policies).map(policy => (isRecord(policy) ? policy.PolicyDocument : undefined))
}

/** @param who who has this policy; without it each statement says who */
function statements(document: Json | undefined, who: string | undefined, self?: string): readonly Permission[] {
  const all = listOf(isRecord(document) ? document.Statement : undefined).filter(isRecord)
  return all.filter(({ Effect }) => Effect === 'Allow').flatMap(statement => expanded(statement, who, self))
}

function expanded(statement: Properties, who: string | undefined, self: string | undefined): readonly Permission[] {
  const { Action, NotAction, Resource, NotResource, Principal, Condition } = statement
  const people = who === undefined ? principals(Principal) : [who]
  const actions =
    NotAction === undefined ? listOf(Action).map(shown) : [`all but ${listOf(NotAction).map(shown).join(', ')}`]
  const named =
    NotResource === undefined ? listOf(Resource).map(shown) : [`all but ${listOf(NotResource).map(shown).join(', ')}`]
  const resources = self === undefined ? named : [self]
  const condition = Condition === undefined ? {} : { condition: canonical(Condition) }
  return people.flatMap(each =>
    actions.flatMap(action => resources.map(resource => ({ who: each, action, resource, ...condition }))),
  )
}

function principals(principal: Json | undefined): readonly string[] {
  if (!isRecord(principal)) return [principal === '*' ? 'everybody' : shown(principal)]
  return Object.values(principal).flatMap(each => listOf(each).map(one => (one === '*' ? 'everybody' : shown(one))))
}

function trusts({ id, properties }: Resource): readonly Permission[] {
  return statements(properties.AssumeRolePolicyDocument, undefined, `role ${id}`)
}

function managed({ id, properties }: Resource): readonly Permission[] {
  return listOf(properties.ManagedPolicyArns).map(policy => {
    return { who: `role ${id}`, action: 'everything in', resource: shown(policy) }
  })
}

function assigned({ PrincipalId, PermissionSetArn }: Properties): Permission {
  return {
    who: `group ${shown(PrincipalId)}`,
    action: 'sign in',
    resource: `permission set ${shown(PermissionSetArn)}`,
  }
}

function invoked({ Principal, Action, FunctionName, SourceArn }: Properties): Permission {
  const condition = SourceArn === undefined ? {} : { condition: `from ${shown(SourceArn)}` }
  return { who: shown(Principal), action: shown(Action), resource: shown(FunctionName), ...condition }
}

function canonical(value: Json): string {
  if (!isRecord(value)) return shown(value)
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return entries.map(([name, each]) => `${name} ${canonical(each)}`).join(' and ')
}

// ---------- denied

/** What was denied and is no more, in sentences. */
export function undenied(before: Iterable<Resource>, after: Iterable<Resource>): readonly string[] {
  const still = new Set([...after].flatMap(resource => denials(resource).map(({ key }) => key)))
  const left = [...before].flatMap(denials).filter(({ key }) => !still.has(key))
  return left.map(({ sentence }) => sentence)
}

function denials({ id, properties }: Resource): readonly { readonly key: string; readonly sentence: string }[] {
  const { PolicyDocument, KeyPolicy, AssumeRolePolicyDocument, InlinePolicy } = properties
  const documents = [PolicyDocument, KeyPolicy, AssumeRolePolicyDocument, InlinePolicy, ...policies(properties)]
  const all = documents
    .flatMap(document => listOf(isRecord(document) ? document.Statement : undefined))
    .filter(isRecord)
  return all
    .filter(({ Effect }) => Effect === 'Deny')
    .map(statement => ({
      key: `${id} ${canonical(statement)}`,
      sentence: `${id} no longer denies ${listOf(statement.Action).map(shown).join(', ')}, if ${canonical(statement.Condition ?? null)}`,
    }))
}

// ---------- wider

/** What the second may and the first did not, in sentences: one for each who and resource. */
export function widened(before: readonly Permission[], after: readonly Permission[]): readonly string[] {
  const more = after.filter(permission => !before.some(known => covers(known, permission)))
  const sentences = new Map<string, string[]>()
  for (const { who, action, resource, condition } of more) {
    const key = JSON.stringify([who, resource, condition])
    sentences.set(key, [...(sentences.get(key) ?? []), action])
  }
  return [...sentences].map(([key, actions]) => {
    const [who, resource, condition]: (string | undefined)[] = JSON.parse(key)
    return `${who} may ${actions.join(', ')} on ${resource}${condition ? `, if ${condition}` : ''}`
  })
}

/** Whether whoever has the first has the second. A condition that is not the same may let in others. */
export function covers(wide: Permission, narrow: Permission): boolean {
  if (wide.who !== narrow.who && wide.who !== 'everybody') return false
  if (wide.condition !== undefined && wide.condition !== narrow.condition) return false
  return matches(wide.action.toLowerCase(), narrow.action.toLowerCase()) && matches(wide.resource, narrow.resource)
}

/** As IAM compares: `*` stands for any text, `?` for one character. */
export function matches(pattern: string, text: string): boolean {
  if (pattern === text || pattern === '*') return true
  if (!/[*?]/.test(pattern)) return false
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${escaped}$`, 's').test(text)
}
