/**
 * Names last: they stand in stored data, addresses and permissions of every target. So they are short, of few
 * characters, each its own, and still different after a target has dropped hyphens or upper case.
 */
import type { Authorizer } from '../authorizer.ts'
import { finding, type Mistake, type MistakeCode, type Placed } from '../mistake.ts'
import { type AnyResource, type NamedHandler, type Parts, resourcesOf } from '../parts.ts'
import { grouped } from './grouped.ts'

/** The most characters a name may have. */
export const nameLength = 48

/** One name in the plan. */
interface Name extends Placed {
  /** What has it: `table`. */
  readonly what: string
  readonly name: string
}

export function* nameMistakes(parts: Parts): Generator<Mistake> {
  for (const group of groupsOf(parts)) {
    for (const name of group) yield* hyphenatedMistakes(name)
    yield* sharedMistakes(group)
  }
  for (const group of lastingNames(parts)) {
    for (const name of group) yield* camelMistakes(name)
    yield* collisions(group, 'names-collide')
  }
  yield* authorizerMistakes(parts.authorizers)
}

// ---------- which names must differ from each other

/** Tables and views are one namespace to an engine, secrets and settings one vault. */
const namespaces: readonly (readonly AnyResource['kind'][])[] = [
  ['table', 'view'],
  ['secret', 'setting'],
  ['database'],
  ['queue'],
  ['topic'],
  ['bucket'],
  ['mailbox'],
  ['connection'],
]

function groupsOf(parts: Parts): readonly (readonly Name[])[] {
  const { plan } = parts
  return [
    [named('plan', plan)],
    parts.gateways.map(({ name, gateway }) => ({ what: 'gateway', name, place: gateway.place })),
    parts.services.map(service => named('service', service)),
    ...namespaces.map(kinds => kinds.flatMap(kind => resourcesOf(parts, kind)).map(each => named(each.kind, each))),
    parts.alarms.map(alarm => named('alarm', alarm)),
    plan.sites.map(site => named('site', site)),
  ]
}

function named(what: string, { name, place }: Placed & { readonly name: string }): Name {
  return { what, name, place }
}

/** Handlers by service, indexes by table: names that code uses, so they are written like variables. */
function lastingNames(parts: Parts): readonly (readonly Name[])[] {
  const handlers = new Map<NamedHandler['service'], Name[]>()
  for (const service of parts.services) handlers.set(service, [])
  for (const { service, name } of parts.handlers) {
    handlers.get(service)?.push({ what: 'handler', name, place: service.place })
  }
  const tables = [...resourcesOf(parts, 'table'), ...resourcesOf(parts, 'view')]
  const indexes = tables.map(({ spec, place }) =>
    Object.keys(spec.indexes).map(name => ({ what: 'index', name, place })),
  )
  return [...handlers.values(), ...indexes]
}

// ---------- one name

const hyphenated = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const camel = /^[a-z][a-zA-Z0-9]*$/

/** The framework's own tables and schedules. */
const reserved = /^groundplan(-|$)/

function* hyphenatedMistakes(name: Name): Generator<Mistake> {
  if (reserved.test(name.name)) {
    const message = `The ${name.what} name "${name.name}" is the framework's own`
    yield finding('name-reserved', [name], message, 'begin it with another word')
  }
  if (hyphenated.test(name.name)) return yield* lengthMistakes(name)
  const better = wordsOf(name.name).join('-').toLowerCase()
  yield invalid(name, 'is not lower-case words joined by hyphens', better)
}

function* camelMistakes(name: Name): Generator<Mistake> {
  if (camel.test(name.name)) return yield* lengthMistakes(name)
  const [first = '', ...rest] = wordsOf(name.name)
  const better = [first.toLowerCase(), ...rest.map(word => word.charAt(0).toUpperCase() + word.slice(1))].join('')
  yield invalid(name, 'is not written like a variable', better)
}

function invalid(name: Name, why: string, better: string): Mistake {
  const wayOut = /^[a-z]/.test(better) ? `call it "${better}"` : 'begin with a letter from a to z'
  return finding('name-invalid', [name], `The ${name.what} name "${name.name}" ${why}`, wayOut)
}

function* lengthMistakes(name: Name): Generator<Mistake> {
  const { length } = name.name
  if (length <= nameLength) return
  const message = `The ${name.what} name "${name.name}" has ${length} characters, the limit is ${nameLength}`
  yield finding('name-too-long', [name], message, 'shorten it')
}

/** The words of a name, wherever they are parted: by hyphens, underscores, blanks or upper case. */
function wordsOf(name: string): readonly string[] {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').match(/[a-zA-Z0-9]+/g) ?? []
}

// ---------- several names

function* sharedMistakes(names: readonly Name[]): Generator<Mistake> {
  for (const [name, same] of grouped(names, each => each.name)) {
    if (same.length < 2) continue
    const wayOut = 'give each a name of its own: it is their lasting name on every target'
    yield finding('name-taken', same, `${capital(listed(same))} are named "${name}"`, wayOut)
  }
  yield* collisions(names, 'names-collide')
}

/** Names that differ in hyphens or upper case alone become one where a target allows neither. */
function* collisions(names: readonly Name[], code: MistakeCode): Generator<Mistake> {
  for (const [, alike] of grouped(names, ({ name }) => name.replaceAll('-', '').toLowerCase())) {
    const different = [...new Map(alike.map(each => [each.name, each])).values()]
    const [first] = different
    if (!first || different.length < 2) continue
    const all = different.map(({ name }) => `"${name}"`).join(' and ')
    const message = `The ${first.what} names ${all} are the same where a target allows no hyphens or upper case`
    yield finding(code, different, message, 'make them differ in a letter')
  }
}

/** `two tables`, `a table and a view`, `2 tables and a view`. */
function listed(names: readonly Name[]): string {
  const kinds = [...grouped(names, ({ what }) => what)]
  return kinds
    .map(([what, { length }]) => (length === 1 ? `${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}` : many(what, length)))
    .join(' and ')
}

function many(what: string, count: number): string {
  return `${count === 2 ? 'two' : count} ${what.endsWith('x') ? `${what}es` : `${what}s`}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

// ---------- authorizers

const authorizerName = /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\/[\w.:*-]+)*$/

/**
 * The parts of an API keys' authorizer (`partner/gifts:write`) are the keys' name and scopes; each `with` makes an
 * authorizer of its own, and those are one.
 */
function* authorizerMistakes(authorizers: readonly Authorizer<unknown>[]): Generator<Mistake> {
  for (const [name, same] of grouped(authorizers, each => each.name)) {
    const [first] = same
    if (!first) continue
    const here = named('authorizer', first)
    if (!authorizerName.test(name)) yield* hyphenatedMistakes(here)
    else if (!name.includes('/')) yield* lengthMistakes(here)
    const others = new Map(same.map(each => [each.schema, each]))
    if (others.size > 1) yield* sharedMistakes([...others.values()].map(each => named('authorizer', each)))
  }
}
