/**
 * Retentions: what got old is archived, the archive is read back and compared, and only then are the items removed. A
 * crash at any point loses nothing and archives nothing twice.
 *
 * The old items of one day make a *batch*: JSON Lines in an object named by table, day and the hash of its content. What
 * is known of the batch that is under way is one item:
 * - absent: nothing is under way.
 * - *writing*: its object is being written. Found by the next run: if the object is there it is whole, and goes on as
 *   written; if not, nothing was archived, and the batch is forgotten.
 * - *written*: the object was read back and has the hash of its name. Its items are removed, each on condition that it
 *   is still what was archived (an item that changed stays, and its new state is archived when that is old), then the
 *   batch is forgotten.
 *
 * Runs do not overlap: they hold the claim of their schedule, also those that an alarm triggers.
 */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Buckets } from '../contract/bucket.ts'
import { limits } from '../contract/limits.ts'
import { fault, isFault } from '../contract/problems.ts'
import type { Conditions, Item, Key, Scalar, Store, TableShape, Write } from '../contract/store.ts'
import type { Retention } from '../plan/retention.ts'
import type { RunningCall } from './call.ts'

export const retentionsTable: TableShape = {
  name: 'groundplan-retentions',
  key: ['retention'],
  indexes: {},
  changesTo: [],
}

export interface RetentionParts {
  readonly store: Store
  readonly buckets: Buckets
  /** `service/name`. */
  readonly name: string
  readonly retention: Retention
}

/** A batch holds at most so much; what all days together have collected, at most four times that. */
const mostBatchBytes = 4 * 1024 * 1024
const mostBatchItems = 5_000
const mostHeldBytes = 4 * mostBatchBytes
/** Leaves room for the check of the claim. */
const removedAtOnce = limits.commitOperations - 1
const removedBytesAtOnce = limits.commitBytes / 4
const dayMs = 86_400_000

interface Lines {
  readonly text: string[]
  bytes: number
}

/** Archives and removes what is old. What is not done when the call's time is up is done by the next run. */
export async function retain(parts: RetentionParts, call: RunningCall): Promise<void> {
  const run = new Run(parts, call)
  await run.finishPending()
  await run.collect()
  if (run.removed > 0)
    call.log.info(`${parts.name}: ${run.removed} items archived in ${run.batches} objects and removed`)
}

class Run {
  removed = 0
  batches = 0
  readonly #parts: RetentionParts
  readonly #call: RunningCall
  readonly #days = new Map<string, Lines>()
  #heldBytes = 0

  constructor(parts: RetentionParts, call: RunningCall) {
    this.#parts = parts
    this.#call = call
  }

  /** Brings to its end what an earlier run began. */
  async finishPending(): Promise<void> {
    const { store, name } = this.#parts
    const pending = await store.get(retentionsTable.name, { retention: name })
    if (!pending) return
    const object = String(pending.object)
    const content = await this.#archived(object)
    if (content === undefined) await this.#forget()
    else await this.#finish(object, content)
  }

  async collect(): Promise<void> {
    const { store, retention } = this.#parts
    const beforeMs = this.#call.nowMs - retention.afterMs
    let after: string | undefined
    do {
      const page = await store.scan(retention.of.name, { limit: limits.pageItems, ...(after ? { after } : {}) })
      for (const item of page.items) this.#take(item, beforeMs)
      await this.#archiveWhere(({ bytes, text }) => bytes >= mostBatchBytes || text.length >= mostBatchItems)
      if (this.#heldBytes >= mostHeldBytes) await this.#archiveWhere(() => true)
      after = page.after
    } while (after !== undefined)
    await this.#archiveWhere(() => true)
  }

  #take(item: Item, beforeMs: number): void {
    const atMs = Date.parse(String(item[this.#parts.retention.by]))
    // Without a time it has no age. At the very age it is old.
    if (Number.isNaN(atMs) || atMs > beforeMs) return
    const day = new Date(atMs).toISOString().slice(0, 10)
    const lines = this.#days.get(day) ?? { text: [], bytes: 0 }
    const line = JSON.stringify(item)
    lines.text.push(line)
    lines.bytes += line.length
    this.#heldBytes += line.length
    this.#days.set(day, lines)
  }

  async #archiveWhere(full: (lines: Lines) => boolean): Promise<void> {
    for (const [day, lines] of this.#days) {
      if (!full(lines)) continue
      this.#days.delete(day)
      this.#heldBytes -= lines.bytes
      await this.#archive(day, `${lines.text.join('\n')}\n`)
    }
  }

  async #archive(day: string, content: string): Promise<void> {
    const { buckets, retention } = this.#parts
    const object = `${retention.of.name}/${day}/${hashOf(content)}.jsonl`
    await this.#note(object, 'writing')
    await this.#call.session.spanned(`${retention.archive.name}.put`, () =>
      buckets.put(retention.archive.name, object, new TextEncoder().encode(content), { type: 'application/jsonl' }),
    )
    const kept = await this.#archived(object)
    if (kept === undefined)
      throw fault('engine-unavailable', `the archive "${object}" is not there after it was written`)
    await this.#finish(object, kept)
  }

  /** The content of an archive, which has the hash of its name; undefined where none is. */
  async #archived(object: string): Promise<string | undefined> {
    const { buckets, retention } = this.#parts
    const bucket = retention.archive.name
    const content = await this.#call.session.spanned(`${bucket}.get`, () => textOf(buckets, bucket, object))
    if (content === undefined || object.endsWith(`/${hashOf(content)}.jsonl`)) return content
    throw fault('engine-unavailable', `the archive "${object}" does not have the content that was written`)
  }

  async #finish(object: string, content: string): Promise<void> {
    await this.#note(object, 'written')
    for (const lines of inTurns(content.trimEnd().split('\n'))) {
      await this.#remove(lines.map(line => JSON.parse(line) as Item))
    }
    await this.#forget()
    this.batches += 1
  }

  async #remove(archived: readonly Item[]): Promise<void> {
    const { store, retention } = this.#parts
    const table = retention.of.name
    const keys = archived.map(item => keyOf(item, retention.of.spec.key))
    const current = await store.getMany(table, keys)
    const writes = keys.flatMap((key, at): Write[] => {
      const item = current[at]
      if (item === undefined || !isDeepStrictEqual(item, archived[at])) return []
      return [{ op: 'remove', table, key, when: unchanged(item, key) }]
    })
    await this.#removeUnchanged(writes)
  }

  /** An item that is written at this very moment is left out, and stays. */
  async #removeUnchanged(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return
    const described = writes.map(write => ({ name: 'remove', writes: [write], messages: [], result: () => undefined }))
    const done = await this.#call.session.run(`${this.#parts.retention.of.name}.remove`, described)
    if (done.ok) this.removed += writes.length
    else await this.#removeUnchanged(writes.filter((_, at) => at !== done.operation))
  }

  #note(object: string, state: 'writing' | 'written'): Promise<unknown> {
    const item = { retention: this.#parts.name, object, state }
    return this.#write({ op: 'put', table: retentionsTable.name, item })
  }

  #forget(): Promise<unknown> {
    return this.#write({ op: 'remove', table: retentionsTable.name, key: { retention: this.#parts.name } })
  }

  #write(write: Write): Promise<unknown> {
    const name = `${this.#parts.name}.${write.op}`
    return this.#call.session.run(name, [{ name, writes: [write], messages: [], result: () => undefined }])
  }
}

/** What is removed in one commit: whoever watches the table gets each item in a message. */
function* inTurns(lines: readonly string[]): Generator<readonly string[]> {
  let turn: string[] = []
  let bytes = 0
  for (const line of lines) {
    if (turn.length === removedAtOnce || (turn.length > 0 && bytes + line.length > removedBytesAtOnce)) {
      yield turn
      turn = []
      bytes = 0
    }
    turn.push(line)
    bytes += line.length
  }
  yield turn
}

/** A cold object is asked for: a later run finds it warm. */
async function textOf(buckets: Buckets, bucket: string, object: string): Promise<string | undefined> {
  try {
    const found = await buckets.get(bucket, object)
    if (!found) return undefined
    const pieces: Uint8Array[] = []
    for await (const piece of found.content) pieces.push(piece)
    return Buffer.concat(pieces).toString()
  } catch (error) {
    if (isFault(error, 'object-cold') && (await buckets.head(bucket, object))?.state === 'cold') {
      await buckets.restore(bucket, object, dayMs)
    }
    throw error
  }
}

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}

function keyOf(item: Item, attributes: readonly string[]): Key {
  return Object.fromEntries(attributes.map(attribute => [attribute, item[attribute] as string | number]))
}

/** That the item is as it was read. What is nested is covered by the table's version: the check of the plan asks for it. */
function unchanged(item: Item, key: Key): Conditions {
  const scalars = Object.entries(item).filter(([attribute, value]) => !(attribute in key) && isScalar(value))
  return Object.fromEntries(scalars.map(([attribute, value]) => [attribute, { equals: value as Scalar }]))
}

function isScalar(value: unknown): value is Scalar {
  return value === null || (typeof value !== 'object' && value !== undefined)
}
