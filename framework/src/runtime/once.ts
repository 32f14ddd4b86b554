/**
 * Once: a request retried under its idempotency key is done once and answered the same, for 24 hours.
 *
 * One item for each caller, route and key:
 * - *claimed*: inserted before the handler runs, with its holder and until when. It need not survive a crash: then
 *   nothing was done either. While it holds, the same request is told to come again (409, Retry-After). When its time is
 *   up, or its opening of the data is over (the process died), the next run takes it over by a conditional write.
 * - *answered*: written in the commit that keeps the effects, on condition that the holder still holds it. From then on
 *   the answer is repeated. An answer without effects (a problem, a call that only asked other services) is written
 *   alone, after the handler.
 * - A handler that failed unexpectedly lets go of the claim, so that a retry runs it again.
 * The same key with another request is refused: it is a mistake of the caller.
 */
import type { Clock } from '../contract/clock.ts'
import { limits } from '../contract/limits.ts'
import { fault } from '../contract/problems.ts'
import type { Item, Store, TableShape, Write } from '../contract/store.ts'
import type { AnswerHeaders } from '../plan/endpoint.ts'
import { digestOf, type Entropy } from './entropy.ts'
import type { Remember } from './operations.ts'

export const onceTable: TableShape = {
  name: 'groundplan-once',
  key: ['id'],
  indexes: {},
  expires: 'expiresAt',
  changesTo: [],
}

/** The kept answer of a call. */
export type KeptAnswer =
  | {
      readonly kind: 'json'
      readonly status: number
      readonly json: string
      readonly headers: AnswerHeaders
    }
  /** What a write left in a table, still to be read and written as the endpoint's answer. */
  | { readonly kind: 'item'; readonly table: string; readonly item: unknown }
  | { readonly kind: 'problem'; readonly code: string; readonly detail?: string }
  | { readonly kind: 'nothing' }

/** Writes a value as the endpoint answers it. */
export type Serialise = (value: unknown) => KeptAnswer

export interface OnceClaim {
  readonly remember: Remember
  /** Keeps an answer that has no effects of its own. */
  keep(answer: KeptAnswer): Promise<void>
  /** Forgets the claim: the call failed. */
  letGo(): Promise<void>
}

export type Claimed =
  | { readonly answered: KeptAnswer }
  /** `atMs`: when the request came first; a run that takes over goes on from there. */
  | { readonly claim: OnceClaim; readonly atMs: number }

export interface OnceRequest {
  /** Caller, route and key, as one text. */
  readonly scope: string
  /** What was asked, as one text. */
  readonly request: string
  readonly timeoutMs: number
  readonly serialise: Serialise
}

export interface Once {
  /** Faults: `call-in-flight`, `idempotency-key-reused`. */
  claim(request: OnceRequest): Promise<Claimed>
}

/** Time for a commit that was on its way when the call's time was up. */
const graceMs = 5_000

/** `opening`: of the data, where there is one process at a time; see `Drivers`. */
export function once(store: Store, clock: Clock, entropy: Entropy, opening?: string): Once {
  const table = onceTable.name
  const claimItem = (id: string, request: OnceRequest, holder: string): Item => ({
    id,
    request: digestOf(request.request),
    holder,
    atMs: clock.now(),
    until: clock.now() + request.timeoutMs + graceMs,
    ...(opening === undefined ? {} : { opening }),
    expiresAt: new Date(clock.now() + limits.onceMs).toISOString(),
  })
  return {
    async claim(request) {
      const id = digestOf(request.scope)
      const mine = claimItem(id, request, entropy.hex(16))
      const inserted = await store.commit({ writes: [{ op: 'insert', table, item: mine }], durable: false })
      if (inserted.ok) return { claim: claimOf(store, mine, request.serialise), atMs: Number(mine.atMs) }
      const found = await store.get(table, { id })
      if (!found) return this.claim(request)
      if (found.request !== mine.request) {
        throw fault(
          'idempotency-key-reused',
          'this idempotency key was used for another request; make a new one for each',
        )
      }
      if (found.answer !== undefined) return { answered: keptAnswer(found) }
      return takeOver(store, clock, found, mine, request)
    },
  }
}

/** What another write left was kept beside the answer, by the store itself. */
function keptAnswer(found: Item): KeptAnswer {
  const answer = found.answer as KeptAnswer
  return answer.kind === 'item' ? { ...answer, item: found.outcome } : answer
}

async function takeOver(store: Store, clock: Clock, found: Item, next: Item, request: OnceRequest): Promise<Claimed> {
  const mine = { ...next, atMs: found.atMs }
  const isGone = next.opening !== undefined && found.opening !== next.opening
  const leftMs = isGone ? 0 : Number(found.until) - clock.now()
  if (leftMs > 0) {
    throw fault('call-in-flight', 'the same request is still running', {
      retryAfterS: Math.min(Math.ceil(leftMs / 1_000), 2),
    })
  }
  const write: Write = {
    op: 'put',
    table: onceTable.name,
    item: mine,
    // A former holder whose commit came late has answered: then there is nothing to take over.
    when: { holder: { equals: String(found.holder) }, answer: { absent: true } },
  }
  const taken = await store.commit({ writes: [write], durable: false })
  if (taken.ok) return { claim: claimOf(store, mine, request.serialise), atMs: Number(found.atMs) }
  throw fault('call-in-flight', 'the same request is running again', { retryAfterS: 1 })
}

function claimOf(store: Store, mine: Item, serialise: Serialise): OnceClaim {
  // Once answered, the record stays: a commit that was on its way when the call's time was up must not be forgotten.
  const held = { holder: { equals: String(mine.holder) }, answer: { absent: true as const } }
  const { until: _until, opening: _opening, ...lasting } = mine
  const put = (answer: KeptAnswer | undefined, of?: number): Write => ({
    op: 'put',
    table: onceTable.name,
    item: { ...lasting, ...(answer ? { answer } : {}) },
    when: held,
    ...(of === undefined ? {} : { embed: { attribute: 'outcome', of } }),
  })
  return {
    remember: {
      answer: value => put(serialise(value)),
      outcomeOf: (write, table) => put({ kind: 'item', table, item: null }, write),
      nothing: () => put({ kind: 'nothing' }),
    },
    async keep(answer) {
      const kept = await store.commit({ writes: [put(answer)] })
      if (!kept.ok) throw fault('call-overtaken', 'another run of this request has answered it')
    },
    async letGo() {
      const remove: Write = { op: 'remove', table: onceTable.name, key: { id: String(mine.id) }, when: held }
      await store.commit({ writes: [remove] })
    },
  }
}
