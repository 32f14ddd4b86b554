/**
 * What keeps: keys and indexes of tables, views and who keeps them, migrations, the lifecycle of buckets.
 */
import { circlesIn, circleText } from '../circles.ts'
import type { Resource } from '../grant.ts'
import { finding, type Mistake, type MistakeCode } from '../mistake.ts'
import {
  type AnyBucket,
  type AnyDatabase,
  type AnyTable,
  type AnyView,
  handlersOf,
  type Parts,
  resourcesOf,
} from '../parts.ts'
import type { Schema } from '../schema.ts'
import { grouped } from './grouped.ts'
import { partsIn } from './json.ts'
import { handlerText } from './services.ts'

export function* keepingMistakes(parts: Parts): Generator<Mistake> {
  for (const table of resourcesOf(parts, 'table')) yield* tableMistakes(table)
  for (const view of resourcesOf(parts, 'view')) yield* tableMistakes(view)
  yield* viewMistakes(parts)
  for (const database of resourcesOf(parts, 'database')) yield* migrationMistakes(database)
  for (const bucket of resourcesOf(parts, 'bucket')) yield* bucketMistakes(bucket)
  yield* retentionMistakes(parts)
}

// ---------- tables

function* tableMistakes(table: AnyTable | AnyView): Generator<Mistake> {
  const { key, indexes, expires, version } = table.spec
  yield* repeatedMistakes(table, 'key', key)
  for (const [name, attributes] of Object.entries(indexes))
    yield* repeatedMistakes(table, `index "${name}"`, attributes)
  yield* uselessIndexMistakes(table)
  for (const [option, attribute] of Object.entries({ expires, version })) {
    if (attribute === undefined || !key.includes(attribute)) continue
    const what = `has "${attribute}" as \`${option}\` and in its key, which never changes`
    yield wrong('attribute-of-key', table, what, `name another attribute as \`${option}\``)
  }
}

function wrong(code: MistakeCode, { kind, name, place }: Resource, what: string, wayOut: string): Mistake {
  return finding(code, [{ place }], `The ${kind} "${name}" ${what}`, wayOut)
}

function* repeatedMistakes(table: Resource, what: string, attributes: readonly string[]): Generator<Mistake> {
  if (new Set(attributes).size === attributes.length) return
  const message = `has the attribute "${attributes[0]}" twice in its ${what}`
  yield wrong('attribute-repeated', table, message, 'name it once')
}

/** An index that gives what the key or another index gives already. */
function* uselessIndexMistakes(table: AnyTable | AnyView): Generator<Mistake> {
  const { key, indexes } = table.spec
  const orders = [['key', key] as const, ...Object.entries(indexes)]
  for (const [, same] of grouped(orders, ([, attributes]) => attributes.join('\n'))) {
    const [first, ...others] = same
    for (const [name] of others) {
      const what = first?.[0] === 'key' ? 'its key' : `its index "${first?.[0]}"`
      yield wrong('index-useless', table, `has the index "${name}" with the attributes of ${what}`, 'remove the index')
    }
  }
}

// ---------- views

function* viewMistakes(parts: Parts): Generator<Mistake> {
  const views = resourcesOf(parts, 'view')
  const kept = new Set<Resource>(handlersOf(parts, 'view').map(({ handler }) => handler))
  for (const view of views) {
    if (kept.has(view)) continue
    yield wrong('view-not-kept', view, 'is used, and no service keeps it up to date', 'list it in a service')
  }
  const known = new Map<Resource, AnyView>(views.map(view => [view, view]))
  const next = (view: AnyView): readonly AnyView[] => {
    const source = known.get(view.from)
    return source ? [source] : []
  }
  for (const circle of circlesIn(views, next)) {
    const message = `Views follow each other in a circle: ${circleText(circle.map(({ name }) => name))}`
    yield finding('views-in-circle', circle, message, 'let one of them follow a table')
  }
}

// ---------- databases and buckets

function* migrationMistakes(database: AnyDatabase): Generator<Mistake> {
  const { migrations } = database.spec
  for (const [name, same] of grouped(migrations, migration => migration.name)) {
    if (same.length > 1) {
      yield wrong('migration-invalid', database, `has ${same.length} migrations named "${name}"`, 'number them on')
    }
  }
  const early = migrations.find(({ name }, at) => name < (migrations[at - 1]?.name ?? ''))
  if (early) {
    const what = `lists the migration "${early.name}" after one that sorts behind it`
    yield wrong('migration-invalid', database, what, 'list them in the order of their names, such as 001-accounts')
  }
}

const dayMs = 86_400_000

function* bucketMistakes(bucket: AnyBucket): Generator<Mistake> {
  const { expireAfterMs, coldAfterMs } = bucket.spec
  for (const [option, ageMs] of Object.entries({ expireAfter: expireAfterMs, coldAfter: coldAfterMs })) {
    if (ageMs === undefined || (ageMs >= dayMs && ageMs % dayMs === 0)) continue
    const what = `has \`${option}\` of ${ageMs / dayMs} days`
    yield wrong('lifecycle-invalid', bucket, what, 'give whole days, from 1 on')
  }
  if (expireAfterMs !== undefined && coldAfterMs !== undefined && coldAfterMs >= expireAfterMs) {
    const what = `moves objects to cold storage after ${coldAfterMs / dayMs} days and removes them after ${expireAfterMs / dayMs}`
    yield wrong('lifecycle-invalid', bucket, what, 'make `coldAfter` the shorter one, or leave it out')
  }
}

function* retentionMistakes(parts: Parts): Generator<Mistake> {
  for (const named of handlersOf(parts, 'retention')) {
    const { handler } = named
    if (handler.afterMs <= 0) {
      const message = `The ${handlerText(named)} removes items of any age`
      yield finding('lifecycle-invalid', [handler], message, "write for example `after: '365 days'`")
    }
    const { name, spec } = handler.of
    if (spec.version !== undefined || !partsIn(spec.item.schema).some(([, part]) => isNested(part, new Set()))) continue
    const message = `The ${handlerText(named)} cannot know whether an item of "${name}" changed inside a list or object while it was archived`
    yield finding(
      'lifecycle-invalid',
      [handler, handler.of],
      message,
      "give the table a version: `version: 'revision'`",
    )
  }
}

const nested = new Set(['object', 'array', 'record', 'tuple', 'any', 'unknown', 'custom', 'intersection'])

function isNested(schema: Schema, seen: Set<Schema>): boolean {
  if (seen.has(schema)) return false
  seen.add(schema)
  return nested.has(schema.def.type) || partsIn(schema).some(([, part]) => isNested(part, seen))
}
