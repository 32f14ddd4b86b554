/**
 * Filling an index with the items that were there before it: page by page in the order of their keys, each page a short
 * transaction that locks its items, so that what it writes is what they are. Commits go on meanwhile and keep the index
 * themselves. How far it came is noted with each page.
 */
import type { Item, TableShape } from 'groundplan/driver'
import { entryOf, parts } from './batch.ts'
import type { Ask } from './connections.ts'
import { quoted } from './schema.ts'

const pageItems = 500

/** What was gone through so far, by this run. */
export interface Filling {
  readonly done: number
  /** Whose attributes cannot be a key: they are not in the index. */
  readonly unfit: number
}

/** `s`: the quoted schema. */
export async function fill(
  ask: Ask,
  s: string,
  shape: TableShape,
  index: number,
  told: (filling: Filling) => void,
): Promise<void> {
  const [row = []] = await ask(`select name, key from ${s}.groundplan_indexes where id = $1`, [index])
  const kept = { id: index, name: String(row[0]), key: JSON.parse(String(row[1])), filled: false }
  let [done, unfit] = [0, 0]
  for (let more = true; more; told({ done, unfit })) {
    await ask('begin')
    const items = await ask(pageIn(s, shape.name), [index])
    const placed = items.map(([p, key, json]) => ({
      p,
      key,
      at: entryOf(shape, kept, JSON.parse(String(json)) as Item),
    }))
    const entries = placed.flatMap(({ p, key, at }) => (at ? [[...parts(at), p, key]] : []))
    await ask(enteringIn(s), [index, ...columns(entries)])
    more = items.length === pageItems
    await ask(notingIn(s), [index, ...(items.at(-1)?.slice(0, 2) ?? [null, null]), !more])
    await ask('commit')
    done += items.length
    unfit += placed.filter(({ at }) => at === null).length
  }
}

/** How many items are to be gone through yet, about. */
export async function itemsIn(ask: Ask, s: string, table: string, index: number): Promise<number> {
  const [row] = await ask(
    `select count(*) from ${s}.${quoted(table)} i, ${s}.groundplan_indexes x
      where x.id = $1 and (x.filled_p is null or (i.p, i.s) > (x.filled_p, x.filled_s))`,
    [index],
  )
  return Number(row?.[0])
}

function pageIn(s: string, table: string): string {
  return `select i.p, i.s, i.item::text from ${s}.${quoted(table)} i
    where (i.p, i.s) > (
      select coalesce(filled_p, ''::bytea), coalesce(filled_s, ''::bytea) from ${s}.groundplan_indexes where id = $1
    ) order by i.p, i.s limit ${pageItems} for update of i`
}

function enteringIn(s: string): string {
  return `insert into ${s}.groundplan_entries (idx, ip, isort, p, s)
    select $1, u.ip, u.isort, u.p, u.s from unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[]) as u (ip, isort, p, s)
    order by u.ip, u.isort, u.p, u.s on conflict do nothing`
}

function notingIn(s: string): string {
  return `update ${s}.groundplan_indexes
    set filled_p = coalesce($2::bytea, filled_p), filled_s = coalesce($3::bytea, filled_s), filled = $4 where id = $1`
}

function columns(rows: readonly (readonly unknown[])[]): readonly unknown[][] {
  return [0, 1, 2, 3].map(at => rows.map(row => row[at]))
}
