/**
 * What one queue holds and how it changes: the states of contract/queue.ts, on disk. Everything here happens within a
 * transaction; what is in memory (totals, leases, recent ids) follows from what is kept and is read again when a
 * transaction was not.
 *
 * A message is in one place at a time, each a range of keys after the queue's number:
 *   w  waits, or is leased: by when it is due, then by position (a number that counts up)
 *   d  dead: in the order of burial
 * Beside these: t, leases taken, with their attempts, a record for those of a transaction, gone with the last of them; b,
 * long bodies by position; i, recent ids; g, what has left a block (`blocks.ts`): what one transaction sends stands in w
 * together, as though it were one message, until it is leased. A message that waits is *ready* when it is due, and *delayed* before; both stand
 * in w, and all that is kept is how many were delayed when somebody last looked.
 *
 * send     → w, due now or later
 * take     the first of w that are due and not leased: they stay where they are, and are in t too
 * done     w → gone
 * again    w → w, due later, the attempt counted
 * time     the same once the lease has ended, due when it ended. Nothing watches the clock for this: each transaction that
 *          touches the queue begins by moving what time has moved.
 * bury     w → d
 * redrive  d → w with a new position, attempts 0
 *
 * So a message is written once when it is sent and removed once when it is done, with others where it was sent with others.
 * What is leased stands at the beginning of w, so `take` begins behind it.
 *
 * On an ordered queue `take` takes the heads of its lines (`lines.ts`).
 */
import type { DeadLetter, Leased, QueueCounts, QueuedMessage, QueueShape } from '../contract/queue.ts'
import { type Block, BlockDraft, Blocks, countIn, eachRecord, recordIn } from './blocks.ts'
import { type Catalogue, noTotals, type QueueTotals } from './catalogue.ts'
import type { Environment } from './environment.ts'
import type { Bytes } from './kept.ts'
import { countedIn, countedKey, endOf, prefixOf } from './key-bytes.ts'
import { holds, type KeptLease, type KeptLeases, Lease, Leases, leaseName, leasesIn, leasesRecord } from './leases.ts'
import { Lines } from './lines.ts'
import {
  attemptOf,
  bodyAtOf,
  buriedRecord,
  type Draft,
  instantOf,
  lentIn,
  lineIn,
  lineOf,
  messageIn,
  type RecordPart,
  recordOf,
  setAttempt,
  setInstant,
  unburied,
  wholeOf,
} from './message-record.ts'
import { RecentIds } from './recent-ids.ts'
import { isBefore, type Place, placeIn, Waiting } from './waiting.ts'

const mark = Buffer.from([1])
type Totals = { -readonly [Name in keyof QueueTotals]: QueueTotals[Name] }

interface Range {
  readonly prefix: Buffer
  readonly end: Buffer
}

interface Entry {
  readonly key: Buffer
  readonly value: Buffer
}

const beginning: Place = { dueAtMs: 0, position: 0 }

/** What a step over many messages did, and where the next one begins. */
export interface Step {
  readonly count: number
  readonly next: Buffer | undefined
}

export class QueueState {
  readonly shape: QueueShape
  readonly #bytes: Bytes
  readonly #catalogue: Catalogue
  readonly #number: number
  readonly #waiting: Range
  readonly #taken: Range
  readonly #dead: Range
  readonly #bodies: Range
  readonly #lines: Lines
  readonly #leases = new Leases()
  /** Given or prolonged in this transaction: not on disk yet. */
  #fresh: Lease[] = []
  /** Of the last record of leases. */
  #leaseNumber = 0
  /** Whatever stands before it in w is leased. */
  #front = beginning
  readonly #ids: RecentIds
  readonly #blocks: Blocks
  /** Sent in this transaction, due since then: not in w yet. */
  readonly #sent = new BlockDraft()
  #sentAtMs = 0
  #totals: Totals = { ...noTotals }
  #nextDelayedMs = Number.POSITIVE_INFINITY
  #changed = false

  constructor({ queues }: Environment, catalogue: Catalogue, shape: QueueShape, number: number) {
    this.shape = shape
    this.#bytes = queues
    this.#catalogue = catalogue
    this.#number = number
    const range = (letter: string): Range => {
      const prefix = prefixOf(number, letter)
      return { prefix, end: endOf(prefix) }
    }
    this.#waiting = range('w')
    this.#taken = range('t')
    this.#dead = range('d')
    this.#bodies = range('b')
    this.#lines = new Lines(queues, number)
    this.#ids = new RecentIds(queues, prefixOf(number, 'i'))
    this.#blocks = new Blocks(queues, prefixOf(number, 'g'))
  }

  /** Reads again what is in memory: takes as long as there are leases and recent ids. */
  load(): void {
    this.#totals = { ...(this.#catalogue.totals(this.#number) ?? noTotals) }
    this.#changed = false
    this.#nextDelayedMs = this.#firstDelayedMs()
    this.#ids.load(this.#totals.idNumber)
    this.#leases.clear()
    this.#blocks.load()
    this.#sent.clear()
    this.#fresh = []
    this.#front = beginning
    for (const lease of this.#keptLeases().sort((one, other) => one.untilMs - other.untilMs)) this.#leases.add(lease)
  }

  /** In a folder of format 2 what was leased stood apart, as l: it waits until its lease would have ended. */
  takeOver(): void {
    const prefix = prefixOf(this.#number, 'l')
    for (const { key, value } of this.#entries({ prefix, end: endOf(prefix) })) {
      const line = lineIn(value)
      this.#bytes.remove(key)
      this.#wait(value, instantOf(value), countedIn(key, prefix.length), line, line !== undefined)
    }
    this.save()
  }

  /** Makes everything leased wait, due now. For who opens the queue. */
  freeLeases(nowMs: number): void {
    for (let lease = this.#leases.first(); lease; lease = this.#leases.first()) this.#giveBack(lease, nowMs)
    this.look(nowMs)
    this.save()
  }

  /** Moves what time has moved. The first thing of whatever is done with the queue in a transaction. */
  look(nowMs: number): void {
    for (let lease = this.#leases.first(); lease && lease.untilMs <= nowMs; lease = this.#leases.first()) {
      this.#giveBack(lease, lease.untilMs)
    }
    if (this.#nextDelayedMs <= nowMs) this.#pass(nowMs)
    this.#totals.lookedAtMs = Math.max(this.#totals.lookedAtMs, nowMs)
  }

  /** Whether time has moved nothing since somebody last looked. */
  isSettled(nowMs: number): boolean {
    return (this.nextAtMs() ?? Number.POSITIVE_INFINITY) > nowMs
  }

  send({ id, text, body, line, dueAtMs }: Draft, nowMs: number): void {
    if (!this.#ids.add(id, nowMs)) return
    this.#changed = true
    const position = ++this.#totals.position
    if (body) this.#bytes.put(countedKey(this.#bodies.prefix, position), body)
    const bodyAt = body ? position : 0
    if (!this.shape.ordered && dueAtMs <= nowMs && this.#sendTogether(text, position, bodyAt, nowMs)) return
    this.#enter(recordOf(text, bodyAt), dueAtMs, position, line)
  }

  /** Up to so many that are due, to be leased. */
  take(most: number, nowMs: number): readonly Waiting[] {
    return this.shape.ordered ? this.#dueHeads(most, nowMs) : this.#firstDue(most, nowMs)
  }

  /** Leases a message that `take` gave. */
  lend(waiting: Waiting, leaseMs: number, nowMs: number): Leased {
    this.#changed = true
    this.#totals.waiting--
    const { dueAtMs, position, standsAt, count, bytes, from } = waiting
    const attempt = attemptOf(bytes, from) + 1
    const block = count > 0 ? this.#blocks.opened(standsAt, count) : undefined
    const message = lentIn(this.shape.name, waiting, this.#body, attempt, leaseName(position, attempt))
    const line = message.orderKey === undefined ? undefined : lineOf(message.orderKey)
    const bodyAt = bodyAtOf(bytes, from)
    const given = { position, dueAtMs, attempt, untilMs: nowMs + leaseMs, leaseMs, line, bodyAt, block }
    if (line) this.#lines.lend(waiting)
    else this.#front = waiting.next
    this.#give(new Lease(given, message.lease))
    return message
  }

  extend(names: readonly string[], leaseMs: number, nowMs: number): readonly string[] {
    return names.filter(name => {
      const lease = this.#leases.named(name)
      if (!lease) return false
      this.#changed = true
      this.#letGo(lease)
      this.#give(new Lease({ ...lease, untilMs: nowMs + leaseMs, leaseMs }))
      return true
    })
  }

  done(name: string): void {
    const lease = this.#leases.named(name)
    if (!lease) return
    this.#end(lease)
    this.#dropBody(lease.bodyAt)
  }

  again(name: string, dueAtMs: number): void {
    const lease = this.#leases.named(name)
    if (lease) this.#giveBack(lease, dueAtMs)
  }

  bury(name: string, why: { readonly reason: string; readonly trace?: string }, nowMs: number): void {
    const lease = this.#leases.named(name)
    if (!lease) return
    const record = this.#recordOf(lease)
    this.#end(lease)
    setAttempt(record, lease.attempt)
    setInstant(record, nowMs)
    this.#bytes.put(countedKey(this.#dead.prefix, ++this.#totals.burial), buriedRecord(record, why))
    this.#totals.dead++
  }

  peek(limit: number): readonly QueuedMessage[] {
    return this.#standing(this.#waiting.prefix, this.#waiting.end, limit).map(waiting => this.#shown(waiting))
  }

  deadLetters(limit: number): readonly DeadLetter[] {
    return this.#entries(this.#dead, limit).map(({ value }) => {
      const { why, record } = unburied(value)
      return { ...this.#shown(wholeOf(record)), ...why, buriedAtMs: instantOf(record) }
    })
  }

  /** All positions so far: what comes later is none of a step's business. */
  get lastPosition(): number {
    return this.#totals.position
  }

  get lastBurial(): number {
    return this.#totals.burial
  }

  /** Redrives some, from a key on, up to a burial. */
  redrive(
    from: Buffer | undefined,
    last: number,
    ids: ReadonlySet<string> | undefined,
    most: number,
    nowMs: number,
  ): Step {
    const end = countedKey(this.#dead.prefix, last + 1)
    const found = this.#entries({ prefix: from ?? this.#dead.prefix, end }, most)
    let count = 0
    for (const { key, value } of found) {
      const { record } = unburied(value)
      if (ids && !ids.has(this.#shown(wholeOf(record)).id)) continue
      this.#bytes.remove(key)
      this.#totals.dead--
      setAttempt(record, 0)
      this.#enter(record, nowMs, ++this.#totals.position, lineIn(record))
      count++
    }
    return { count, next: nextAfter(found, most) }
  }

  /** Removes some of what waits, from a key on, up to a position. */
  purgeWaiting(from: Buffer | undefined, last: number, most: number): Step {
    const { found, next } = this.#standingFrom(from ?? this.#waiting.prefix, most)
    const wanted = found.filter(({ position }) => position <= last)
    for (const waiting of wanted) this.#drop(waiting)
    return { count: wanted.length, next }
  }

  purgeDead(from: Buffer | undefined, last: number, most: number): Step {
    const end = countedKey(this.#dead.prefix, last + 1)
    const found = this.#entries({ prefix: from ?? this.#dead.prefix, end }, most)
    for (const { key, value } of found) {
      this.#changed = true
      this.#bytes.remove(key)
      this.#dropBody(bodyAtOf(unburied(value).record))
      this.#totals.dead--
    }
    return { count: found.length, next: nextAfter(found, most) }
  }

  counts(nowMs: number): QueueCounts {
    const { waiting, delayed, dead } = this.#totals
    const nextAtMs = this.nextAtMs()
    const [oldest] = this.#firstDue(1, nowMs)
    return {
      ready: waiting - delayed,
      delayed,
      leased: this.#leases.size,
      dead,
      ...(nextAtMs === undefined ? {} : { nextAtMs }),
      ...(oldest === undefined ? {} : { oldestDueAtMs: oldest.dueAtMs }),
    }
  }

  /** Whether somebody who asks might be given something. */
  mayGive(nowMs: number): boolean {
    return this.#totals.waiting > this.#totals.delayed || (this.nextAtMs() ?? Number.POSITIVE_INFINITY) <= nowMs
  }

  /** When a delayed message will be due or a lease will have ended, whichever is first. */
  nextAtMs(): number | undefined {
    const nextMs = Math.min(this.#nextDelayedMs, this.#leases.first()?.untilMs ?? Number.POSITIVE_INFINITY)
    return Number.isFinite(nextMs) ? nextMs : undefined
  }

  /** When the oldest id is to be forgotten. */
  get oldestIdMs(): number | undefined {
    return this.#ids.oldestMs
  }

  forgetIds(nowMs: number): void {
    this.#ids.forget(nowMs)
  }

  /** Writes what has changed in memory. The last thing in a transaction. */
  save(): void {
    if (!this.#changed) return
    this.#changed = false
    this.#standTogether()
    this.#blocks.save()
    this.#totals.idNumber = this.#ids.save()
    this.#saveLeases()
    this.#totals.leased = this.#leases.size
    this.#catalogue.setTotals(this.#number, this.#totals)
  }

  // ---------- how messages move

  /** False where it is to stand alone. */
  #sendTogether(text: string, position: number, bodyAt: number, nowMs: number): boolean {
    this.#sentAtMs = nowMs
    if (!this.#sent.add(text, position, bodyAt)) {
      this.#standTogether()
      if (!this.#sent.add(text, position, bodyAt)) return false
    }
    this.#totals.waiting++
    return true
  }

  /** Puts what was sent in this transaction where those stand that wait. */
  #standTogether(): void {
    const { count, first } = this.#sent
    if (count === 0) return
    const place = { dueAtMs: this.#sentAtMs, position: first }
    if (isBefore(place, this.#front)) this.#front = place
    this.#bytes.put(this.#keyOf(place), this.#sent.taken())
  }

  /** Puts a message where those stand that wait. */
  #enter(record: Buffer, dueAtMs: number, position: number, line: Buffer | undefined): void {
    const isHead = line !== undefined && this.#lines.isEmpty(line)
    this.#wait(record, dueAtMs, position, line, isHead)
  }

  #wait(record: Buffer, dueAtMs: number, position: number, line: Buffer | undefined, isHead: boolean): void {
    this.#changed = true
    this.#totals.waiting++
    if (dueAtMs > this.#totals.lookedAtMs) this.#delay(dueAtMs)
    if (isBefore({ dueAtMs, position }, this.#front)) this.#front = { dueAtMs, position }
    this.#bytes.put(countedKey(this.#waiting.prefix, dueAtMs, position), record)
    if (line) this.#lines.enter(line, { dueAtMs, position }, isHead)
  }

  #delay(dueAtMs: number): void {
    this.#totals.delayed++
    this.#nextDelayedMs = Math.min(this.#nextDelayedMs, dueAtMs)
  }

  /** Counts what has become due since somebody last looked. */
  #pass(nowMs: number): void {
    const { prefix } = this.#waiting
    const { lookedAtMs } = this.#totals
    const range = { start: countedKey(prefix, lookedAtMs + 1), end: countedKey(prefix, nowMs + 1) }
    this.#totals.delayed -= this.#bytes.getKeysCount(range)
    this.#totals.lookedAtMs = nowMs
    this.#nextDelayedMs = this.#firstDelayedMs()
    this.#changed = true
  }

  #firstDelayedMs(): number {
    if (this.#totals.delayed === 0) return Number.POSITIVE_INFINITY
    const { prefix, end } = this.#waiting
    return this.#firstKeyMs(countedKey(prefix, this.#totals.lookedAtMs + 1), end) ?? Number.POSITIVE_INFINITY
  }

  /** Makes a leased message wait. It keeps its place in its line; one that leaves a block may have none. */
  #giveBack(lease: Lease, dueAtMs: number): void {
    const { block, line } = lease
    const record = this.#recordOf(lease)
    this.#takeOut(lease)
    setAttempt(record, lease.attempt)
    this.#wait(record, dueAtMs, block ? ++this.#totals.position : lease.position, line, line !== undefined)
  }

  /** Takes a leased message out, and lets the next one of its key go. */
  #end(lease: Lease): void {
    this.#takeOut(lease)
    if (lease.line) this.#lines.leave(lease.line, lease.position)
  }

  #takeOut(lease: Lease): void {
    this.#changed = true
    this.#remove(lease, lease.block)
    this.#letGo(lease)
  }

  #remove(place: Place, block: Block | undefined): void {
    if (!block) this.#bytes.remove(this.#keyOf(place))
    else if (this.#blocks.leave(block, place.position)) this.#bytes.remove(this.#keyOf(block))
  }

  #give(lease: Lease): void {
    this.#leases.add(lease)
    this.#fresh.push(lease)
  }

  #letGo(lease: Lease): void {
    this.#leases.remove(lease)
    const { kept } = lease
    if (kept && --kept.left === 0) this.#bytes.remove(countedKey(this.#taken.prefix, kept.number))
  }

  #saveLeases(): void {
    const fresh = this.#fresh.filter(holds)
    this.#fresh = []
    if (fresh.length === 0) return
    const kept: KeptLeases = { number: ++this.#leaseNumber, left: fresh.length }
    for (const lease of fresh) lease.kept = kept
    this.#bytes.put(countedKey(this.#taken.prefix, kept.number), leasesRecord(fresh))
  }

  /** Removes a message that waits. */
  #drop(waiting: Waiting): void {
    this.#changed = true
    const { dueAtMs, standsAt, count, bytes } = waiting
    this.#remove(waiting, count > 0 ? this.#blocks.opened(standsAt, count) : undefined)
    this.#dropBody(bodyAtOf(bytes, waiting.from))
    this.#totals.waiting--
    if (dueAtMs > this.#totals.lookedAtMs) this.#totals.delayed--
    this.#nextDelayedMs = this.#firstDelayedMs()
    const line = this.shape.ordered ? lineIn(bytes) : undefined
    if (line) this.#lines.drop(line, waiting)
  }

  #dropBody(bodyAt: number): void {
    if (bodyAt > 0) this.#bytes.remove(countedKey(this.#bodies.prefix, bodyAt))
  }

  // ---------- reading

  #dueHeads(most: number, nowMs: number): readonly Waiting[] {
    const places = this.#lines.dueHeads(most, nowMs)
    return places.map(place => new Waiting(place, 0, 0, this.#read(this.#keyOf(place))))
  }

  #firstDue(most: number, nowMs: number): readonly Waiting[] {
    return this.#standing(this.#keyOf(this.#front), countedKey(this.#waiting.prefix, nowMs + 1), most)
  }

  /** So many that are not leased, and those of one block more at most; and where the next ones begin. */
  #standingFrom(
    start: Buffer,
    most: number,
  ): { readonly found: readonly Waiting[]; readonly next: Buffer | undefined } {
    this.#standTogether()
    const found: Waiting[] = []
    for (const { key, value } of this.#bytes.getRange({ start, end: this.#waiting.end })) {
      this.#addStanding(found, placeIn(key, this.#waiting.prefix), value)
      if (found.length >= most) return { found, next: Buffer.concat([key, mark]) }
    }
    return { found, next: undefined }
  }

  /** What stands in a part of w and is not leased. */
  #standing(start: Buffer, end: Buffer, most: number): readonly Waiting[] {
    this.#standTogether()
    const found: Waiting[] = []
    if (most <= 0) return found
    for (const { key, value } of this.#bytes.getRange({ start, end })) {
      this.#addStanding(found, placeIn(key, this.#waiting.prefix), value, most)
      if (found.length >= most) break
    }
    return found
  }

  /** Of one record of w: a message, or a block of them. */
  #addStanding(found: Waiting[], place: Place, record: Buffer, most = Number.POSITIVE_INFINITY): void {
    const count = countIn(record)
    if (count === 0) {
      if (!this.#leases.has(place.position)) found.push(new Waiting(place, 0, 0, record))
      return
    }
    const block = this.#blocks.from(place.position)
    eachRecord(record, (nth, from, end) => {
      const position = place.position + nth
      const isGone = block !== undefined && (block.hasLeft(position) || this.#leases.has(position))
      if (!isGone) found.push(new Waiting(place, count, nth, record, from, end))
      return found.length < most
    })
  }

  /** The leases on disk. One that was prolonged is there twice, and the later one counts. */
  #keptLeases(): Lease[] {
    const found = new Map<number, Lease>()
    for (const { key, value } of this.#entries(this.#taken)) {
      const kept: KeptLeases = { number: countedIn(key, this.#taken.prefix.length), left: 0 }
      this.#leaseNumber = kept.number
      for (const lease of leasesIn(value)) {
        const living = this.#living(lease)
        if (!living) continue
        living.kept = kept
        found.set(lease.position, living)
      }
    }
    for (const { kept } of found.values()) if (kept) kept.left++
    return [...found.values()]
  }

  /** As it was, if its message has not been given back or taken out since. */
  #living(kept: KeptLease): Lease | undefined {
    const { dueAtMs, position } = kept
    const alone = this.#bytes.getBinary(this.#keyOf(kept))
    if (alone && countIn(alone) === 0) {
      // What was given back since then was kept with the attempt.
      if (attemptOf(alone) >= kept.attempt) return undefined
      return new Lease({ ...kept, line: lineIn(alone), bodyAt: bodyAtOf(alone), block: undefined })
    }
    const range = { start: this.#keyOf(kept), end: countedKey(this.#waiting.prefix, dueAtMs), reverse: true, limit: 1 }
    for (const { key, value } of this.#bytes.getRange(range)) {
      const place = placeIn(key, this.#waiting.prefix)
      if (position >= place.position + countIn(value)) return undefined
      const block = this.#blocks.opened(place, countIn(value))
      const bodyAt = bodyAtOf(recordIn(value, position - place.position))
      return block.hasLeft(position) ? undefined : new Lease({ ...kept, line: undefined, bodyAt, block })
    }
    return undefined
  }

  /** What is kept of a leased message: a copy. */
  #recordOf({ block, dueAtMs, position }: Lease): Buffer {
    const record = this.#read(this.#keyOf(block ?? { dueAtMs, position }))
    return block ? recordIn(record, position - block.position) : record
  }

  #keyOf({ dueAtMs, position }: Place): Buffer {
    return countedKey(this.#waiting.prefix, dueAtMs, position)
  }

  #firstKeyMs(from: Buffer, end: Buffer): number | undefined {
    for (const key of this.#bytes.getKeys({ start: from, end, limit: 1 })) {
      return countedIn(key, this.#waiting.prefix.length)
    }
    return undefined
  }

  #entries({ prefix, end }: Range, limit?: number): Entry[] {
    const range = this.#bytes.getRange({ start: prefix, end, ...(limit === undefined ? {} : { limit }) })
    return [...range].map(({ key, value }) => ({ key: Buffer.from(key), value }))
  }

  #read(key: Buffer): Buffer {
    const record = this.#bytes.getBinary(key)
    if (!record) throw new Error(`queue "${this.shape.name}" has lost a message`)
    return record
  }

  #shown(record: RecordPart): QueuedMessage {
    return messageIn(this.shape.name, record, this.#body)
  }

  readonly #body = (bodyAt: number): Buffer => this.#read(countedKey(this.#bodies.prefix, bodyAt))
}

/** Where the next step begins; nowhere, when this one found less than it could. */
function nextAfter(found: readonly Entry[], most: number): Buffer | undefined {
  const last = found.length < most ? undefined : found.at(-1)
  return last && Buffer.concat([last.key, mark])
}
