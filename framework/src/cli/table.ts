/**
 * `groundplan table`: items as they are kept: one, those of a query, all.
 */

import type { Operator, QueryAsk, TableInfo } from '../contract/operator.ts'
import type { Item, Key } from '../contract/store.ts'
import type { Where } from './at-hand.ts'
import { columns } from './columns.ts'
import { command } from './command.ts'
import { exitCodes, Failure, wrongUsage } from './errors.ts'
import { completed, operatingEach, operatingFlags, operatingOn } from './operating.ts'
import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'
import { group } from './verbs.ts'

const list = command({
  name: 'table list',
  summary: 'Which tables and views there are, their keys and indexes, and about how many items',
  takes: '[system…]',
  flags: operatingFlags,
  examples: [['groundplan table list storefront', 'all tables of one system']],
  async run({ json, data, env }, named, terminal) {
    const rows: (string | number)[][] = []
    await operatingEach(terminal, { data, env }, named, async (operator, system) => {
      for (const each of await operator.tables()) {
        if (json) terminal.out(`${JSON.stringify({ system, ...each })}\n`)
        const indexes = Object.entries(each.indexes).map(([name, of]) => `${name}(${of.join(', ')})`)
        rows.push([`${system}/${each.name}`, each.kind, each.key.join(', '), indexes.join(' ') || '-', each.items])
      }
    })
    if (!json) terminal.out(columns(['table', 'kind', 'key', 'indexes', 'items'], rows, terminal))
    return exitCodes.done
  },
})

const get = command({
  name: 'table get',
  summary: 'Shows one item, by its key',
  takes: '<system/table> <attribute=value…>',
  flags: operatingFlags,
  examples: [
    ['groundplan table get storefront/products tripod', 'where the key is one attribute'],
    ['groundplan table get storefront/inbox day=2030-01-02 noticeId=7', 'where it is two'],
  ],
  run({ json, data, env }, [name, ...given], terminal) {
    return withTable(terminal, { data, env }, name, 'table get', async (operator, table) => {
      const { item } = await operator.getItem({ table: table.name, key: keyFrom(table, given) })
      if (!item)
        throw new Failure('There is no such item', `groundplan table query, or table export, shows what is there`)
      terminal.out(itemText(item, json, terminal))
      return exitCodes.done
    })
  },
})

const query = command({
  name: 'table query',
  summary: 'Shows the items of one partition, of the table or of an index',
  takes: '<system/table> <attribute=value…>',
  about:
    'The first attribute is the partition, a second the sort attribute. An index is found by its partition where only\n' +
    'one begins with it.',
  flags: {
    index: { type: 'string', value: '<index>', help: 'through which index' },
    from: { type: 'string', value: '<value>', help: 'sort attribute from here on, this one included' },
    to: { type: 'string', value: '<value>', help: 'sort attribute up to here, this one included' },
    prefix: { type: 'string', value: '<text>', help: 'sort attribute beginning with this' },
    limit: { type: 'string', value: '<count>', help: 'how many, 1 to 1000 (100)' },
    after: { type: 'string', value: '<cursor>', help: 'goes on where a page ended' },
    reverse: { type: 'boolean', help: 'from the end to the beginning' },
    ...operatingFlags,
  },
  examples: [
    ['groundplan table query storefront/orders customerId=anna --index customer --from 2030 --limit 5', 'by an index'],
  ],
  run({ json, data, env, ...given }, [name, ...attributes], terminal) {
    return withTable(terminal, { data, env }, name, 'table query', async (operator, table) => {
      const page = await operator.queryTable(askFrom(table, attributes, given))
      if (json) terminal.out(`${JSON.stringify(page)}\n`)
      else for (const item of page.items) terminal.out(itemText(item, undefined, terminal))
      if (!json && page.after !== undefined) terminal.error(`There is more: --after ${page.after}\n`)
      return exitCodes.done
    })
  },
})

const exported = command({
  name: 'table export',
  summary: 'Writes all items to standard output, one line of JSON each',
  takes: '<system/table>',
  about:
    'Each item that does not change meanwhile is there once. It takes no more memory for a large table than for a small one.',
  flags: { env: operatingFlags.env, data: operatingFlags.data },
  examples: [['groundplan table export storefront/orders > orders.ndjson', 'all orders']],
  run({ data, env }, [name], terminal) {
    return withTable(terminal, { data, env }, name, 'table export', async (operator, table) => {
      let closed = false
      const release = terminal.onSignal(() => {
        closed = true
      })
      try {
        for await (const item of operator.exportTable({ table: table.name })) {
          terminal.out(`${JSON.stringify(item)}\n`)
          await terminal.flushed()
          if (closed) return exitCodes.failed
        }
      } finally {
        release()
      }
      return exitCodes.done
    })
  },
})

export const table = group(
  {
    name: 'table',
    summary: 'Shows what tables hold: one item, a query, all of it',
    about:
      'Works on a system that runs and on one that does not. Items are shown as they are kept; nothing is changed.',
  },
  [list, get, query, exported],
)

function withTable(
  terminal: Terminal,
  where: Where,
  name: string | undefined,
  verb: string,
  work: (operator: Operator, table: TableInfo) => Promise<number>,
): Promise<number> {
  const usage = `groundplan ${verb} <system/table>`
  return operatingOn(terminal, { name, usage, ...where }, async (operator, { thing }) => {
    const tables = await operator.tables()
    const names = tables.map(each => each.name)
    const found = tables.find(each => each.name === completed(thing, names, 'table'))
    return found ? work(operator, found) : exitCodes.failed
  })
}

type Value = string | number
type Pair = readonly [attribute: string, value: Value]

/** `attribute=value`, a number where the attribute is one. */
function pairFrom(table: TableInfo, text: string): Pair {
  const at = text.indexOf('=')
  if (at < 1) throw wrongUsage(`"${text}" is no attribute=value`, `such as ${table.key[0]}=…`)
  const attribute = text.slice(0, at)
  return [attribute, valueFrom(table, attribute, text.slice(at + 1))]
}

function valueFrom(table: TableInfo, attribute: string, text: string): Value {
  if (!table.numbers.includes(attribute)) return text
  if (/^-?\d+$/.test(text)) return Number(text)
  throw wrongUsage(`"${attribute}" is a number, and "${text}" is none`, `${attribute}=42`)
}

function keyFrom(table: TableInfo, given: readonly string[]): Key {
  const [first = ''] = table.key
  const [only = ''] = given
  const isBare = table.key.length === 1 && given.length === 1 && !isPair(table, only)
  const pairs: readonly Pair[] = isBare
    ? [[first, valueFrom(table, first, only)]]
    : given.map(text => pairFrom(table, text))
  const names = pairs.map(([attribute]) => attribute)
  if (names.length !== table.key.length || table.key.some(attribute => !names.includes(attribute))) {
    const usage = table.key.map(attribute => `${attribute}=…`).join(' ')
    throw wrongUsage(`The key of "${table.name}" is ${table.key.join(' and ')}`, usage)
  }
  return Object.fromEntries(pairs)
}

/** Whether it begins with an attribute of a key or index: a key alone may have a `=` in it too. */
function isPair({ key, indexes }: TableInfo, text: string): boolean {
  return [...key, ...Object.values(indexes).flat()].some(attribute => text.startsWith(`${attribute}=`))
}

interface Range {
  readonly index?: string
  readonly from?: string
  readonly to?: string
  readonly prefix?: string
  readonly limit?: string
  readonly after?: string
  readonly reverse?: true
}

function askFrom(table: TableInfo, attributes: readonly string[], given: Range): QueryAsk {
  const [partition, sort, ...more] = attributes.map(text => pairFrom(table, text))
  if (!partition || more.length > 0) {
    throw wrongUsage('A query names its partition, and perhaps a sort value', `${table.key[0]}=…`)
  }
  const index =
    given.index === undefined
      ? indexFor(table, partition[0])
      : completed(given.index, Object.keys(table.indexes), 'index')
  const names = index === undefined ? table.key : (table.indexes[index] ?? [])
  const [first, second] = names
  if (partition[0] !== first || (sort && sort[0] !== second)) {
    throw wrongUsage(
      `${index === undefined ? 'The table' : `The index "${index}"`} is by ${names.join(', then ')}`,
      `${first}=…`,
    )
  }
  const inRange = (text: string | undefined): Value | undefined =>
    text === undefined || second === undefined ? text : valueFrom(table, second, text)
  return {
    table: table.name,
    index,
    partition: partition[1],
    from: sort?.[1] ?? inRange(given.from),
    to: sort?.[1] ?? inRange(given.to),
    prefix: given.prefix,
    limit: given.limit === undefined ? undefined : countFrom(given.limit),
    after: given.after,
    reverse: given.reverse,
  }
}

/** The only index that begins with an attribute, where the table does not. */
function indexFor({ key, indexes }: TableInfo, attribute: string): string | undefined {
  if (key[0] === attribute) return undefined
  const fitting = Object.keys(indexes).filter(name => indexes[name]?.[0] === attribute)
  return fitting.length === 1 ? fitting[0] : undefined
}

function countFrom(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 1_000) return count
  throw wrongUsage(`"${text}" is no --limit`, 'choose a number from 1 to 1000')
}

function itemText(item: Item, json: true | undefined, { interactive }: Terminal): string {
  const indented = interactive && !json
  return indented ? `${printable(JSON.stringify(item, undefined, 2))}\n` : `${JSON.stringify(item)}\n`
}
