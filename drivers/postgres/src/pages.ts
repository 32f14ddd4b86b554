/**
 * Queries: pages of one partition, of a table by its key or of an index. Small ones of one form that come together meet
 * in one statement, which gives each its page as one JSON text; large ones go alone, row by row.
 */
import type { CheckedQuery, Item, TableShape } from 'groundplan/driver'
import type { Catalogue } from './catalogue.ts'
import type { Row } from './connections.ts'
import { afterPrefix, partBytes } from './key-bytes.ts'
import { Meeting } from './meeting.ts'

/** Items of a page that may meet others. */
const mostMet = 100

export interface PagesOptions {
  readonly ask: (text: string, values: readonly unknown[]) => Promise<readonly Row[]>
  /** The quoted schema. */
  readonly schema: string
  readonly catalogue: () => Catalogue
  /** The quoted name of a table, and the condition that its items have not expired. */
  readonly of: (shape: TableShape) => string
  readonly live: string
}

interface Asked {
  readonly values: readonly Buffer[]
  /** Items, the one included that says whether more follow. */
  readonly most: number
}

export class Pages {
  readonly #options: PagesOptions
  /** By what their statements have in common. */
  readonly #meetings = new Map<string, Meeting<Asked, readonly Item[]>>()

  constructor(options: PagesOptions) {
    this.#options = options
  }

  /** One item more than the page has, where more follow. */
  page(shape: TableShape, index: string | undefined, query: CheckedQuery): Promise<readonly Item[]> {
    const form = index === undefined ? this.#byKey(shape, query) : this.#byIndex(shape, index, query)
    const asked = { values: form.values, most: query.limit + 1 }
    if (query.limit > mostMet) return this.#alone(form, asked)
    const key = form.text(String, '')
    const meeting =
      this.#meetings.get(key) ??
      new Meeting(
        all => this.#met(form, all),
        ({ most }) => most,
      )
    this.#meetings.set(key, meeting)
    return meeting.ask(asked)
  }

  async #alone(form: Form, { values, most }: Asked): Promise<readonly Item[]> {
    const text = form.text(at => `$${at + 1}`, `$${values.length + 1}`)
    const rows = await this.#options.ask(text, [...values, most])
    return rows.map(([json]) => JSON.parse(String(json)) as Item)
  }

  async #met(form: Form, all: readonly Asked[]): Promise<readonly (readonly Item[])[]> {
    const columns = form.values.map((_, at) => all.map(({ values }) => values[at]))
    const given = columns.map((_, at) => `$${at + 1}::bytea[]`)
    const names = columns.map((_, at) => `v${at}`)
    const page = form.text(at => `u.v${at}`, 'u.most')
    const text = `select u.place, array_to_json(array(${page})) from
      unnest(${[...given, `$${given.length + 1}::integer[]`]}) with ordinality as u (${[...names, 'most', 'place']})`
    const rows = await this.#options.ask(text, [...columns, all.map(({ most }) => most)])
    const pages: (readonly Item[])[] = all.map(() => [])
    for (const [place, json] of rows) pages[Number(place) - 1] = JSON.parse(String(json)) as Item[]
    return pages
  }

  #byKey(shape: TableShape, query: CheckedQuery): Form {
    const form = new Form(`select i.item from ${this.#options.of(shape)} i where ${this.#options.live}`, query, ['i.s'])
    form.where('i.p =', partBytes(query.partition))
    range(form, 'i.s', query)
    if (query.after) form.beyond([partBytes(query.after[0])])
    return form
  }

  #byIndex(shape: TableShape, index: string, query: CheckedQuery): Form {
    const { schema, catalogue, of, live } = this.#options
    const id = catalogue().indexes.get(shape.name)?.get(index)?.id ?? null
    const from = `${schema}.groundplan_entries e join ${of(shape)} i on i.p = e.p and i.s = e.s`
    const select = `select i.item from ${from} where ${live} and e.idx = ${id}`
    const form = new Form(select, query, ['e.isort', 'e.p', 'e.s'])
    form.where('e.ip =', partBytes(query.partition))
    range(form, 'e.isort', query)
    if (query.after) form.beyond(positionOf(shape, index, query.after))
    return form
  }
}

/** The position in an index: its sort value, where it has one, then the item's own key. */
function positionOf(shape: TableShape, index: string, after: readonly (string | number)[]): readonly Buffer[] {
  const sorted = shape.indexes[index]?.length === 2
  const [isort, p, s] = sorted ? after : [undefined, ...after]
  return [partBytes(isort), partBytes(p), partBytes(s)]
}

function range(form: Form, column: string, { from, to, prefix }: CheckedQuery): void {
  if (from !== undefined) form.where(`${column} >=`, partBytes(from))
  if (to !== undefined) form.where(`${column} <=`, partBytes(to))
  if (prefix === undefined) return
  form.where(`${column} >=`, partBytes(prefix))
  form.where(`${column} <`, afterPrefix(prefix))
}

/** A statement without its values, which only ever come as parameters. */
class Form {
  readonly values: Buffer[] = []
  readonly #select: string
  readonly #order: readonly string[]
  readonly #reverse: boolean
  readonly #conditions: ((value: (at: number) => string) => string)[] = []

  constructor(select: string, { reverse }: CheckedQuery, order: readonly string[]) {
    this.#select = select
    this.#order = order
    this.#reverse = reverse
  }

  where(condition: string, value: Buffer): void {
    const at = this.values.push(value) - 1
    this.#conditions.push(name => `${condition} ${name(at)}`)
  }

  /** Behind this position, in the page's direction. */
  beyond(position: readonly Buffer[]): void {
    const first = this.values.length
    this.values.push(...position)
    const comparison = this.#reverse ? '<' : '>'
    this.#conditions.push(name => {
      const given = position.map((_, at) => name(first + at))
      return `(${this.#order.join(', ')}) ${comparison} (${given.join(', ')})`
    })
  }

  text(value: (at: number) => string, most: string): string {
    const conditions = this.#conditions.map(condition => ` and ${condition(value)}`).join('')
    const by = this.#order.map(column => `${column} ${this.#reverse ? 'desc' : 'asc'}`).join(', ')
    return `${this.#select}${conditions} order by ${by} limit ${most}`
  }
}
