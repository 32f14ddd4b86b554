/**
 * The check of a plan where the plan's own words are not enough: limits, the framework's problem codes, rhythms,
 * and what an engine offers. `mistakesIn` is all there is to know before a start; every target asks it.
 */
import { checkAll } from '../plan/check.ts'
import type { Consumer } from '../plan/consumer.ts'
import type { Resource } from '../plan/grant.ts'
import { finding, inOrder, type Mistake, type Placed, printed } from '../plan/mistake.ts'
import {
  type AnyBucket,
  type AnyQueue,
  handlersOf,
  isHandler,
  type NamedHandler,
  type Parts,
  partsOf,
  resourcesOf,
  type Use,
} from '../plan/parts.ts'
import type { Plan } from '../plan/plan.ts'
import { handlerText } from '../plan/rules/services.ts'
import type { Capabilities } from './capabilities.ts'
import { limits, readable } from './limits.ts'
import { problems } from './problem-table.ts'
import { fault } from './problems.ts'
import { rhythmMistake } from './ticks.ts'

/**
 * Everything wrong with plans that one process is to serve on these engines, by file and line: by themselves, between
 * each other, against the limits, and on the engines, where they are known.
 */
export function mistakesIn(plans: readonly Plan[], capabilities?: Capabilities): readonly Mistake[] {
  const onEngines = capabilities ? plans.flatMap(plan => checkOn(plan, capabilities)) : []
  return inOrder([...checkAll(plans), ...plans.flatMap(checkLimits), ...onEngines])
}

/**
 * Refuses plans with mistakes, and names them all. Problem codes: `plan-invalid`, with `more.mistakes`.
 * @param base a folder: files below it are named from there
 */
export function refuseMistakes(plans: readonly Plan[], capabilities?: Capabilities, base = ''): void {
  const mistakes = mistakesIn(plans, capabilities)
  if (mistakes.length === 0) return
  const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`
  const lines = mistakes.map(mistake => `  ${printed(mistake, base)}`)
  throw fault('plan-invalid', [count, ...lines].join('\n'), { mistakes })
}

// ---------- limits

/** What no engine keeps, whatever the target. */
export function checkLimits(plan: Plan): readonly Mistake[] {
  return inOrder(limitMistakes(partsOf(plan)))
}

function* limitMistakes(parts: Parts): Generator<Mistake> {
  for (const { name, gateway } of parts.gateways) {
    yield* tooMany(
      gateway,
      `The gateway "${name}" lets bodies through`,
      gateway.maxBodyBytes,
      limits.requestBytes,
      readable,
    )
  }
  for (const queue of resourcesOf(parts, 'queue')) yield* queueMistakes(queue)
  for (const bucket of resourcesOf(parts, 'bucket')) yield* uploadMistakes(bucket)
  for (const named of parts.handlers) {
    yield* timeMistakes(named)
    yield* countMistakes(named)
    yield* rhythmMistakes(named)
  }
  yield* endpointMistakes(parts)
}

function* tooMany(
  at: Placed,
  subject: string,
  value: number,
  limit: number,
  inWords: (value: number) => string,
): Generator<Mistake> {
  if (value > 0 && value <= limit) return
  const message = `${subject} of ${inWords(value)}`
  yield finding('out-of-range', [at], message, `choose more than 0 and at most ${inWords(limit)}`)
}

function* notBetween(at: Placed, subject: string, value: number | undefined, limit: number): Generator<Mistake> {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= limit)) return
  yield finding('out-of-range', [at], `${subject} ${value}`, `choose a whole number from 1 to ${limit}`)
}

function* uploadMistakes(bucket: AnyBucket): Generator<Mistake> {
  const { maxBytes, types } = bucket.spec.uploads ?? {}
  const subject = `The bucket "${bucket.name}" takes uploads`
  if (maxBytes !== undefined) yield* tooMany(bucket, subject, maxBytes, limits.objectBytes, readable)
  const wrong = types?.find(type => !/^[\w.+-]+\/[\w.+-]+$/.test(type))
  if (wrong === undefined && types?.length !== 0) return
  const message = wrong === undefined ? `${subject} of no type` : `${subject} of the type "${wrong}"`
  yield finding('out-of-range', [bucket], message, "write media types, such as 'video/mp4', or leave out `types`")
}

function* queueMistakes(queue: AnyQueue): Generator<Mistake> {
  const { attempts, leaseMs, backoffMs } = queue.spec
  const subject = `The queue "${queue.name}" has`
  yield* notBetween(queue, `${subject} attempts:`, attempts, limits.attempts)
  yield* tooMany(queue, `${subject} a lease`, leaseMs, limits.leaseMs, duration)
  if (backoffMs.first > backoffMs.most) {
    const message = `${subject} a back-off that begins with ${duration(backoffMs.first)} and stays below ${duration(backoffMs.most)}`
    yield finding('out-of-range', [queue], message, 'make `first` the shorter one')
  } else if (backoffMs.most > limits.leaseMs) {
    const message = `${subject} a back-off of up to ${duration(backoffMs.most)}`
    yield finding('out-of-range', [queue], message, `choose at most ${duration(limits.leaseMs)}`)
  }
}

/** How long one call may take, by what triggers it. */
const mostMs: Readonly<Record<NamedHandler['handler']['kind'], number>> = {
  endpoint: limits.requestMs,
  consumer: limits.leaseMs,
  subscriber: limits.leaseMs,
  view: limits.leaseMs,
  schedule: limits.runMs,
  reaction: limits.runMs,
  retention: limits.runMs,
}

function* timeMistakes(named: NamedHandler): Generator<Mistake> {
  const { kind, timeoutMs } = named.handler
  // A consumer without a time-out of its own has the lease's: a wrong lease is the queue's mistake.
  if (kind === 'consumer' && timeoutMs === leaseOf(named.handler)) return
  yield* tooMany(named.handler, `The ${handlerText(named)} has a time-out`, timeoutMs, mostMs[kind], duration)
}

function leaseOf({ from }: Consumer): number {
  return (from.of as AnyQueue).spec.leaseMs
}

/**
 * A batch on an ordered queue is fine: a key with a leased message gives no other, so a batch holds one message of each
 * key, and a failed one holds back its own key alone.
 */
function* countMistakes(named: NamedHandler): Generator<Mistake> {
  const { handler } = named
  const subject = `The ${handlerText(named)} has`
  if (handler.kind === 'consumer')
    yield* notBetween(handler, `${subject} a batch of`, handler.batch, limits.messagesAtOnce)
  if (handler.kind === 'subscriber')
    yield* notBetween(handler, `${subject} attempts:`, handler.attempts, limits.attempts)
  if (handler.kind !== 'consumer' && handler.kind !== 'subscriber') return
  yield* notBetween(handler, `${subject} a concurrency of`, handler.concurrency, limits.concurrency)
}

function* endpointMistakes(parts: Parts): Generator<Mistake> {
  for (const named of handlersOf(parts, 'endpoint')) {
    const { handler } = named
    const subject = `The ${handlerText(named)}`
    yield* tooMany(handler, `${subject} accepts a body`, handler.maxBodyBytes, limits.requestBytes, readable)
    if (handler.pace !== undefined) yield* notBetween(handler, `${subject} has a pace of`, handler.pace, limits.pace)
    for (const code of Object.keys(handler.fails)) {
      if (!Object.hasOwn(problems, code)) continue
      const message = `${subject} names "${code}" in \`fails\`, a problem of the framework`
      yield finding('fails-reserved', [handler], message, 'choose a code that says what went wrong here')
    }
  }
}

function duration(ms: number): string {
  const [unit, size] = units.find(([, size]) => ms >= size && ms % size === 0) ?? ['ms', 1]
  return `${ms / size} ${unit}`
}

const units: readonly (readonly [string, number])[] = [
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1_000],
]

function* rhythmMistakes(named: NamedHandler): Generator<Mistake> {
  const { handler } = named
  if (handler.kind !== 'schedule' && handler.kind !== 'retention') return
  const why = rhythmMistake(handler.when)
  if (!why) return
  const wayOut = "write for example `{ every: '1 minute' }` or `{ cron: '0 3 * * *', zone: 'UTC' }`"
  yield finding('rhythm-invalid', [handler], `The ${handlerText(named)} has no rhythm: ${why}`, wayOut)
}

// ---------- engines

/** What these engines cannot keep, with the handler that needs it. */
export function checkOn(plan: Plan, capabilities: Capabilities): readonly Mistake[] {
  return inOrder(engineMistakes(partsOf(plan), capabilities))
}

function* engineMistakes(parts: Parts, capabilities: Capabilities): Generator<Mistake> {
  for (const use of parts.uses) {
    const lacking = lackOf(use.grant.resource, use.grant.right, capabilities)
    if (lacking) yield unsupported(use, capabilities.engine, lacking)
  }
  for (const named of handlersOf(parts, 'subscriber')) {
    const { source, of } = named.handler.to
    if (source !== 'created' || capabilities.buckets) continue
    yield unsupportedBy(named, `hears of new objects in the bucket "${of.name}"`, capabilities.engine, noBuckets)
  }
}

/** What an engine lacks, and what to do without it. */
interface Lack {
  readonly what: string
  readonly wayOut: string
}

const noBuckets: Lack = { what: 'has no buckets', wayOut: 'place the bucket on an engine that has them' }
const noDatabases: Lack = { what: 'has no databases', wayOut: 'place the database on PostgreSQL, or use tables' }
const noLiveChanges: Lack = {
  what: 'does not tell of changes at once',
  wayOut: 'use the `reader` and let clients ask again, or place it on an engine that tells',
}

const noUploads: Lack = {
  what: 'gives no credentials to upload',
  wayOut: 'give out links to upload (`uploadLink` of the `writer`), or place the bucket on an engine that does',
}
const noBounds: Lack = {
  what: 'holds uploads to neither size nor type',
  wayOut:
    'leave out `uploads` and look at what was `created`, or place the bucket on an engine that holds uploads to them',
}

function lackOf(resource: Resource, right: string, capabilities: Capabilities): Lack | undefined {
  const { kind } = resource
  const { databases, liveChanges } = capabilities
  // The kind says which resource it is.
  if (kind === 'bucket') return bucketLack(resource as AnyBucket, right, capabilities)
  if (kind === 'database') return databases ? undefined : noDatabases
  return right === 'watcher' && !liveChanges ? noLiveChanges : undefined
}

function bucketLack({ spec }: AnyBucket, right: string, { buckets, uploads }: Capabilities): Lack | undefined {
  if (!buckets) return noBuckets
  if (right !== 'uploader') return undefined
  if (!uploads) return noUploads
  return spec.uploads && uploads === 'unbounded' ? noBounds : undefined
}

function unsupported({ by, grant: { resource, right } }: Use, engine: string, lack: Lack): Mistake {
  const asks = `asks for the ${right} of the ${resource.kind} "${resource.name}"`
  if (isHandler(by)) return unsupportedBy(by, asks, engine, lack)
  const message = `The authorizer "${by.name}" ${asks}, and ${engine} ${lack.what}`
  return finding('unsupported', [by, resource], message, lack.wayOut)
}

function unsupportedBy(named: NamedHandler, asks: string, engine: string, lack: Lack): Mistake {
  const message = `The ${handlerText(named)} ${asks}, and ${engine} ${lack.what}`
  return finding('unsupported', [named.handler], message, lack.wayOut)
}
