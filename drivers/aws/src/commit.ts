/**
 * Commits. The contract decides what a commit does from the items it touches; here they are read, and what was decided
 * is written on condition that nobody has changed them since. Where somebody has, it is decided anew.
 *
 * What needs no reading is not read: an insert is written on condition that nothing is there, a put without a condition
 * on none, a check as DynamoDB's own condition. Only where such a guess fails is everything read, to find out why. A sum
 * (`add`) alone is done by DynamoDB in one call.
 *
 * One item is written by one plain call. Several, or messages, are one transaction, whose token makes it the same one
 * when it is sent again. A plain write whose answer was lost is found out by its revision.
 */
import type { CancellationReason, TransactWriteItem } from '@aws-sdk/client-dynamodb'
import {
  applyCommit,
  assign,
  type Committed,
  type Conditions,
  changeMessages,
  changeOf,
  type Effect,
  fault,
  type Item,
  limits,
  type NewMessage,
  type PreparedCommit,
  type Target,
} from 'groundplan/driver'
import { addition } from './addition.ts'
import { awsErrorOf, backOff, isThrottle, isUncertain, unavailable } from './client.ts'
import { conditionInput, type Expression, expressionInput, isExpressible, Terms } from './conditions.ts'
import { counted, type Dynamo } from './dynamo.ts'
import { cancellationReasons, conditionFailed } from './dynamo-calls.ts'
import { Lines } from './lines.ts'
import type { DynamoOutbox, Letter } from './outbox.ts'
import { itemOf, type Kept, keptOf, keyRecord, recordOf, type Values } from './record.ts'

/** Far more than any contention needs. */
const mostRounds = 60
const mostAttempts = 8

/** What is known of an item before it is written. */
interface Seen {
  readonly kept?: Kept
  /** Taken for true without having looked. */
  readonly guessed: boolean
  /** What must hold when it is written. */
  readonly condition: Expression
}

/** One write as DynamoDB does it. */
interface Action {
  readonly does: 'put' | 'remove' | 'check'
  readonly table: string
  readonly key: Values
  readonly record?: Values
  readonly condition: Expression
}

type Answer = 'kept' | 'changed meanwhile'

export class Committer {
  readonly #dynamo: Dynamo
  readonly #outbox: DynamoOutbox
  readonly #nameOf: (table: string) => string
  readonly #process: string
  readonly #lines = new Lines()
  #writes = 0

  constructor(dynamo: Dynamo, outbox: DynamoOutbox, process: string, nameOf: (table: string) => string) {
    this.#dynamo = dynamo
    this.#outbox = outbox
    this.#process = process
    this.#nameOf = nameOf
  }

  async run(prepared: PreparedCommit): Promise<Committed> {
    const [target, another] = prepared.targets
    if (target && !another && prepared.messages.length === 0) {
      const added = await this.#added(target)
      if (added) return added
    }
    const items = prepared.targets.map(({ shape, key }) => JSON.stringify([shape.name, ...key]))
    return this.#lines.behind(items, () => this.#rounds(prepared))
  }

  async #rounds(prepared: PreparedCommit): Promise<Committed> {
    for (let round = 0; round < mostRounds; round++) {
      if (round > 1) await backOff(this.#dynamo.clock, Math.min(round - 2, 4))
      const committed = await this.#round(prepared, round === 0)
      if (committed) return committed
    }
    const [target] = prepared.targets
    throw fault('engine-unavailable', `too many others write the same items of table "${target?.shape.name}"`)
  }

  /** Nothing, where items have changed meanwhile or a guess was wrong. */
  async #round(prepared: PreparedCommit, guessing: boolean): Promise<Committed | undefined> {
    const nowMs = this.#dynamo.clock.now()
    const seen = await this.#look(prepared, guessing, nowMs)
    const kept = seen.map(({ kept }) => kept?.item)
    const outcome = applyCommit(prepared, kept, nowMs)
    if (!outcome.ok) return seen.slice(0, outcome.failed + 1).some(({ guessed }) => guessed) ? undefined : outcome
    const revision = `${this.#process}-${++this.#writes}`
    const tick = this.#outbox.tick(...seen.map(({ kept }) => kept?.tick ?? 0))
    const actions = outcome.effects.map((effect, at) => this.#action(effect, seen[at], { revision, tick }))
    const letters = [...prepared.messages.map(letterOf), ...changeLetters(outcome.effects, `${tick}-${this.#process}`)]
    const answer = await this.#write(actions, letters, revision)
    if (answer !== 'kept') return undefined
    if (letters.length > 0) this.#outbox.ring()
    return { ok: true, items: outcome.items }
  }

  async #look({ targets }: PreparedCommit, guessing: boolean, nowMs: number): Promise<readonly Seen[]> {
    const writesAll = targets.some(({ write }) => write.op !== 'check')
    const guesses = targets.map(target => (guessing && writesAll ? guessOf(target, nowMs) : undefined))
    const unknown = targets.filter((_, at) => !guesses[at])
    const records = await this.#dynamo.read(
      unknown.map(({ shape, key }) => ({ table: this.#nameOf(shape.name), key: keyRecord(key) })),
    )
    const looked = unknown.map(({ shape }, at) => seenAs(keptOf(shape, records[at])))
    let next = 0
    return guesses.map(guess => guess ?? (looked[next++] as Seen)) // as many as there were without a guess
  }

  #action(
    { target, does, after }: Effect,
    seen: Seen | undefined,
    { revision, tick }: { readonly revision: string; readonly tick: number },
  ): Action {
    const { shape, key } = target
    const place = { table: this.#nameOf(shape.name), key: keyRecord(key) }
    const condition = seen?.condition ?? new Terms().expression
    if (does === 'keep' && after) {
      const stamp = shape.changesTo.length > 0 ? { revision, tick } : { revision }
      return { does: 'put', ...place, record: recordOf(shape, key, after, stamp), condition }
    }
    const removes = does === 'remove' || (seen?.guessed && target.write.op === 'remove')
    return { does: removes ? 'remove' : 'check', ...place, condition }
  }

  async #write(actions: readonly Action[], letters: readonly Letter[], revision: string): Promise<Answer> {
    const kept = this.#outbox.records(letters)
    const [only, another] = actions
    if (kept.length === 0 && !another) {
      // What was read alone needs no second look.
      return !only || only.does === 'check' ? 'kept' : this.#writeOne(only, revision)
    }
    const [letter, more] = kept
    if (!only && letter && !more) return this.#keep(letter)
    const messages = kept.map(({ table, record }) => ({ Put: { TableName: table, Item: record } }))
    const items = [...actions.map(transactItem), ...messages]
    if (items.length > limits.commitOperations) {
      throw fault('too-many-operations', `${items.length} in one commit with what its changes tell, the limit is 100`)
    }
    return this.#transact(items, revision)
  }

  /** Under a key that nobody else has: sent twice it is kept once. */
  async #keep({ table, record }: { readonly table: string; readonly record: Values }): Promise<Answer> {
    await this.#dynamo.persistently('PutItem', table, { TableName: table, Item: record, ...counted })
    return 'kept'
  }

  async #writeOne(action: Action, revision: string): Promise<Answer> {
    let uncertain = false
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#plain(action)
        return 'kept'
      } catch (error) {
        const refused = conditionFailed(error)
        if (refused) return answerOf(action, refused.Item, { revision, uncertain, error })
        this.#mayGoOn(action.table, error, attempt)
        uncertain ||= !isThrottle(awsErrorOf(error))
      }
      await backOff(this.#dynamo.clock, attempt)
    }
  }

  #plain({ does, table, key, record, condition }: Action) {
    const more = { TableName: table, ...conditionInput(condition), ...counted }
    if (does === 'put' && record) {
      return this.#dynamo.once('PutItem', table, { Item: record, ...more })
    }
    return this.#dynamo.once('DeleteItem', table, { Key: key, ...more })
  }

  async #transact(items: TransactWriteItem[], token: string): Promise<Answer> {
    const transaction = { TransactItems: items, ClientRequestToken: token, ...counted }
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#dynamo.once('TransactWriteItems', '', transaction)
        return 'kept'
      } catch (error) {
        const reasons = cancellationReasons(error)
        if (reasons) return cancelled(reasons, error)
        this.#mayGoOn('a transaction', error, attempt)
      }
      await backOff(this.#dynamo.clock, attempt)
    }
  }

  #mayGoOn(what: string, error: unknown, attempt: number): void {
    const known = awsErrorOf(error)
    const passing = isThrottle(known) || isUncertain(known) || known.name === 'TransactionInProgressException'
    if (passing && attempt + 1 < mostAttempts) return
    throw passing ? unavailable(`a write to ${what}`, error) : refusedBy(known, error)
  }

  /** A sum by one call; nothing where it takes more than that. */
  async #added({ write, shape, key }: Target): Promise<Committed | undefined> {
    const nowMs = this.#dynamo.clock.now()
    const revision = `${this.#process}-${++this.#writes}`
    const update = write.op === 'add' ? addition(shape, write, revision, nowMs) : undefined
    if (!update) return undefined
    const table = this.#nameOf(shape.name)
    const sum = {
      TableName: table,
      Key: keyRecord(key),
      UpdateExpression: update.change,
      ...conditionInput(update.condition),
      ReturnValues: 'ALL_NEW',
      ...counted,
    } as const
    for (let attempt = 0; ; attempt++) {
      try {
        const { Attributes = {} } = await this.#dynamo.once('UpdateItem', table, sum)
        return { ok: true, items: [itemOf(shape, Attributes)] }
      } catch (error) {
        if (conditionFailed(error)) return undefined
        const known = awsErrorOf(error)
        if (known.name === 'ValidationException') return undefined
        this.#mayGoOn(table, error, attempt)
        if (!isThrottle(known)) return this.#foundAdded({ write, shape, key }, revision, error)
      }
      await backOff(this.#dynamo.clock, attempt)
    }
  }

  /** After an answer was lost: whether the last write is ours. Nobody can tell if another came after it. */
  async #foundAdded({ shape, key }: Target, revision: string, error: unknown): Promise<Committed> {
    const table = this.#nameOf(shape.name)
    const [record] = await this.#dynamo.read([{ table, key: keyRecord(key) }])
    const kept = keptOf(shape, record)
    if (kept?.revision === revision) return { ok: true, items: [kept.item] }
    throw unavailable(`whether a write to ${table} was kept is not known`, error)
  }
}

// ---------- guesses

/** What need not be read: its condition says it. */
function guessOf({ write, shape }: Target, nowMs: number): Seen | undefined {
  const isTold = shape.changesTo.length > 0
  if (write.op === 'insert') return { guessed: true, condition: new Terms().andAbsent(nowMs).expression }
  const isBlind = !isTold && shape.version === undefined
  if (write.op === 'put' && isBlind && !write.when) return { guessed: true, condition: new Terms().expression }
  if (write.op === 'remove' && !isTold && !write.when) return { guessed: true, condition: new Terms().expression }
  if (write.op !== 'check' || !isExpressible(write.when) || Object.hasOwn(write.when, shape.expires ?? '')) {
    return undefined
  }
  const condition = new Terms().andLive(nowMs).andHolds(write.when).expression
  return { guessed: true, condition, kept: { item: fitting(write.when), revision: '', tick: 0 } }
}

/** An item for which the conditions hold. */
function fitting(when: Conditions): Item {
  const item: Record<string, unknown> = {}
  for (const [name, matcher] of Object.entries(when)) {
    if ('equals' in matcher) assign(item, name, matcher.equals)
    else if ('oneOf' in matcher) assign(item, name, matcher.oneOf[0])
  }
  return item
}

function seenAs(kept: Kept | undefined): Seen {
  const terms = new Terms()
  if (kept) return { guessed: false, kept, condition: terms.and(`r = ${terms.value({ S: kept.revision })}`).expression }
  return { guessed: false, condition: terms.and('attribute_not_exists(p)').expression }
}

// ---------- messages

function letterOf({ queue, ...message }: NewMessage): Letter {
  return { queues: [queue], ...message }
}

function changeLetters(effects: readonly Effect[], id: string): readonly Letter[] {
  return effects.flatMap((effect, at) => {
    const { shape } = effect.target
    if (shape.changesTo.length === 0 || effect.does === 'nothing') return []
    const [told] = changeMessages(shape, changeOf(effect), `${shape.name}/${id}/${at}`)
    if (!told) return []
    const { queue: _, ...letter } = told
    return [{ ...letter, queues: shape.changesTo }]
  })
}

// ---------- what DynamoDB answers

function transactItem({ does, table, key, record, condition }: Action): TransactWriteItem {
  const more = { TableName: table, ...conditionInput(condition) }
  if (does === 'put' && record) return { Put: { Item: record, ...more } }
  if (does === 'remove') return { Delete: { Key: key, ...more } }
  const text = condition.text === '' ? 'attribute_exists(p) OR attribute_not_exists(p)' : condition.text
  return { ConditionCheck: { Key: key, TableName: table, ConditionExpression: text, ...expressionInput(condition) } }
}

/** A plain write that was refused may have been kept the first time it was sent. Faults: `engine-unavailable`. */
function answerOf(
  action: Action,
  found: Values | undefined,
  { revision, uncertain, error }: { readonly revision: string; readonly uncertain: boolean; readonly error: unknown },
): Answer {
  if (!uncertain) return 'changed meanwhile'
  if (action.does === 'remove' ? !found : found?.r?.S === revision) return 'kept'
  throw unavailable(`whether a write to ${action.table} was kept is not known`, error)
}

/** Faults: `item-too-large`, `commit-too-large`, `engine-unavailable`. */
function cancelled(reasons: readonly CancellationReason[], error: unknown): Answer {
  const passing = new Set([
    'None',
    'ConditionalCheckFailed',
    'TransactionConflict',
    'ThrottlingError',
    'ProvisionedThroughputExceeded',
  ])
  const grave = reasons.find(({ Code = 'None' }) => !passing.has(Code))
  if (!grave) return 'changed meanwhile'
  throw refusedBy({ name: grave.Code ?? '', message: grave.Message ?? '' }, error)
}

function refusedBy({ name, message }: { readonly name: string; readonly message: string }, error: unknown): Error {
  if (/item size/i.test(message)) return fault('item-too-large', message, {}, error)
  if (/collection size|request size|total size/i.test(message)) return fault('commit-too-large', message, {}, error)
  return fault('engine-unavailable', `${name}: ${message}`, {}, error)
}
