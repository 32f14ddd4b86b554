/**
 * The tables and views of a plan, for its operator: items as they are kept, and whether they fit their schemas.
 */
import { z } from 'zod'
import { limits } from '../../contract/limits.ts'
import type { DataCheck, Operator, TableInfo } from '../../contract/operator.ts'
import { fault, isFault } from '../../contract/problems.ts'
import type { Item, Key, Store } from '../../contract/store.ts'
import type { AnyTable, AnyView } from '../../plan/parts.ts'
import { storedReader } from '../clients/reading.ts'
import { viewSource } from '../clients/table.ts'
import { named, type OperatorParts } from './parts.ts'

type Tables = Pick<Operator, 'tables' | 'getItem' | 'queryTable' | 'exportTable' | 'checkData'>
type Known = AnyTable | AnyView

/** Pages of this size are read, so that others are served between them. */
const pageItems = 200
const mostExamples = 5

export function tableOperator({ parts, drivers: { store } }: OperatorParts): Tables {
  const all = parts.resources.filter(({ kind }) => kind === 'table' || kind === 'view') as readonly Known[]
  const known = (table: string): Known => named(all, table, 'table')
  return {
    tables: () => Promise.all(all.map(table => infoOf(table, store))),
    async getItem({ table, key }) {
      const item = await store.get(known(table).name, key)
      return item ? { item: withoutSource(item) } : {}
    },
    async queryTable({ table, index, limit = limits.pageItemsDefault, ...rest }) {
      const { name, spec } = known(table)
      if (index !== undefined && !Object.hasOwn(spec.indexes, index)) {
        throw fault('request-invalid', `table "${name}" has no index "${index}"`)
      }
      const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
      const { items, after } = await store.query(name, {
        partition: rest.partition,
        ...given,
        limit,
        ...(index === undefined ? {} : { index }),
      })
      return { items: items.map(withoutSource), ...(after === undefined ? {} : { after }) }
    },
    exportTable: ({ table }) => itemsOf(store, known(table)),
    checkData: ({ table }) => checked(store, table === undefined ? all : [known(table)]),
  }
}

async function infoOf({ name, kind, spec }: Known, store: Store): Promise<TableInfo> {
  const { key, indexes } = spec
  const attributes = [...new Set([...key, ...Object.values(indexes).flat()])]
  const numbers = attributes.filter(attribute => isNumber(spec.item.schema, attribute))
  return { name, kind, key, indexes, numbers, items: await store.count(name) }
}

/** Whether an attribute is a number, as far as its schema says. */
function isNumber(schema: z.ZodType, attribute: string): boolean {
  const part = schema instanceof z.ZodObject ? (schema.shape[attribute] as z.ZodType | undefined) : undefined
  return part !== undefined && saysNumber(z.toJSONSchema(part, { unrepresentable: 'any' }))
}

function saysNumber({ type, anyOf = [] }: { type?: unknown; anyOf?: readonly object[] }): boolean {
  return type === 'number' || type === 'integer' || anyOf.some(saysNumber)
}

/** As whoever reads it knows it. */
function withoutSource(item: Item): Item {
  const { [viewSource]: _source, ...shown } = item
  return shown
}

async function* itemsOf(store: Store, { name }: Known): AsyncIterable<Item> {
  for await (const items of pagesOf(store, name)) yield* items
}

async function* pagesOf(store: Store, table: string): AsyncIterable<readonly Item[]> {
  let after: string | undefined
  do {
    const page = await store.scan(table, { limit: pageItems, ...(after === undefined ? {} : { after }) })
    yield page.items.map(withoutSource)
    after = page.after
    // An engine in this process answers at once: without this nobody else would be served meanwhile.
    await new Promise(resolve => setImmediate(resolve))
  } while (after !== undefined)
}

async function* checked(store: Store, tables: readonly Known[]): AsyncIterable<DataCheck> {
  for (const table of tables) yield await checkOf(store, table)
}

async function checkOf(store: Store, { name, spec }: Known): Promise<DataCheck> {
  const reader = storedReader(spec.item, 'stored-item-invalid', `an item of "${name}"`)
  const examples: DataCheck['examples'][number][] = []
  let items = 0
  let unfit = 0
  for await (const page of pagesOf(store, name)) {
    items += page.length
    for (const item of page) {
      const issues = issuesOf(() => reader.read(item))
      if (issues === undefined) continue
      unfit++
      if (examples.length < mostExamples) examples.push({ key: keyIn(spec.key, item), issues })
    }
  }
  return { table: name, items, unfit, examples }
}

/** Why it does not fit; undefined where it does. An upgrade of the plan's own may throw whatever it likes. */
function issuesOf(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    return isFault(error) ? error.detail : String(error)
  }
}

function keyIn(attributes: readonly string[], item: Item): Key {
  return Object.fromEntries(attributes.map(attribute => [attribute, item[attribute] as string | number]))
}
