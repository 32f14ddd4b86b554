/**
 * A function of Lambda: one service of a plan, or the carrier, behind one handler. What comes is mapped to plain values and
 * given to the runtime; what it gives is mapped back. Nothing runs between two events.
 *
 * Time: an event that comes near the end of the function's time is ended with `timed-out` before Lambda would kill the
 * process, so that its caller is answered, and its messages are given back with their attempts counted.
 */
import type { Clock } from '../contract/clock.ts'
import type { PlanShape } from '../contract/drivers.ts'
import type { ServiceFunctions } from '../contract/engine.ts'
import { fault } from '../contract/problems.ts'
import type { LogSink } from '../contract/telemetry.ts'
import type { Plan } from '../plan/plan.ts'
import { type InvokedDrivers, type InvokedRuntime, invokedRuntime } from '../runtime/invoked.ts'
import { askElsewhere } from './ask-elsewhere.ts'
import { othersIn, servicesOverHttp } from './ask-over-http.ts'
import { endpointsAnswering } from './endpoints-answering.ts'
import { type Came, cameByRest, isRestEvent } from './lambda/came.ts'
import { cameByHttp } from './lambda/came-by-http.ts'
import { isCarried } from './lambda/carried-event.ts'
import { LambdaDoor } from './lambda/door.ts'
import { httpResult } from './lambda/http-result.ts'
import { type Reply, restResult } from './lambda/reply.ts'
import type { LambdaHost } from './lambda/streamed.ts'
import { handledStreaming } from './lambda/streaming.ts'
import { work } from './lambda/work.ts'

/** What Lambda tells beside an event. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number
}

export interface LambdaOptions {
  readonly plan: Plan
  /** Whose function it is. Without it: the carrier. */
  readonly service?: string
  /** What engines are told of what this function meets. */
  readonly shape: PlanShape
  readonly clock: Clock
  readonly logs: LogSink
  drivers(shape: PlanShape): InvokedDrivers
  /** Calls the function of another service with JSON, and gives what it answers. Faults: `service-unavailable`. */
  invoke(service: string, json: string): Promise<string>
  /** The same, piece by piece as it comes. Ends when `signal` is aborted. */
  stream(service: string, json: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Services that do not run as functions, and where, as `othersIn` reads it. */
  readonly others?: string
  /** The bucket of the plan that is called so on AWS. */
  bucketNamed?(engineName: string): string | undefined
  /** What Lambda offers to handlers that answer piece by piece; absent elsewhere. */
  readonly host?: LambdaHost | undefined
}

/** Gives what an event is answered with. */
export type LambdaHandler = (event: object, context: LambdaContext) => Promise<unknown>

/** For outcomes: what is left of a function's time when its work is ended. */
const reservedMs = 750

/**
 * Makes the handler of a function. It begins to make itself ready at once, which Lambda counts as initialisation.
 * @example export const handler = lambdaHandler({ plan, service: 'backend', clock, logs, drivers, invoke })
 */
export function lambdaHandler(options: LambdaOptions): unknown {
  const ready = readiness(options)
  const handle: LambdaHandler = async (event, context) => {
    const made = await ready()
    return within(made, options.clock, context, event, () => handled(made, event))
  }
  const { host } = options
  // Outside of Lambda the SDK puts something of its own there.
  if (typeof host?.streamifyResponse !== 'function' || !streams(options)) return handle
  // Such a function is always answered piece by piece; who wants all at once is given one piece.
  return host.streamifyResponse(async (event, out, context) => {
    const made = await ready()
    await within(made, options.clock, context, event, () =>
      handledStreaming({ ...made, handled: each => handled(made, each) }, host, cameIn(event), event, out),
    )
  })
}

interface Made {
  readonly runtime: InvokedRuntime
  readonly door: LambdaDoor
  /** When the work of the event that is handled is ended. */
  endsMs: number
  work(event: object): Promise<unknown>
}

/** Made once; again where that failed. */
function readiness(options: LambdaOptions): () => Promise<Made> {
  let making: Promise<Made> | undefined
  const ready = (): Promise<Made> => {
    making ??= make(options).catch(error => {
      making = undefined
      throw error
    })
    return making
  }
  // What fails now fails again, and is told, with the first event.
  ready().catch(() => {})
  return ready
}

async function make(options: LambdaOptions): Promise<Made> {
  const { plan, shape, service, logs, bucketNamed = () => undefined } = options
  const drivers = options.drivers(shape)
  const ask = askElsewhere(plan, servicesOf(options), () => made.endsMs)
  const given = { logs, ask, ...(service === undefined ? {} : { service }) }
  const runtime = await invokedRuntime(plan, shape, drivers, given)
  const parts = { runtime, queues: drivers.queues, bucketNamed }
  const made: Made = { runtime, door: new LambdaDoor(runtime.door), endsMs: 0, work: event => work(parts, event) }
  return made
}

/** Other services: those that run as functions too, and those elsewhere that it was told of. */
function servicesOf({ plan, others, invoke, stream }: LambdaOptions): ServiceFunctions {
  if (others === undefined) return { call: invoke, stream }
  const urls = othersIn(others)
  // It sleeps between two events: a connection that was kept would be dead.
  const http = servicesOverHttp(plan.name, urls, { keepAlive: false })
  return {
    call: (service, json) => (urls.has(service) ? http : { call: invoke }).call(service, json),
    stream: (service, ...asked) => (urls.has(service) ? http : { stream }).stream(service, ...asked),
  }
}

/** Whether any of its endpoints answers piece by piece. */
function streams({ plan, service }: LambdaOptions): boolean {
  return endpointsAnswering(plan, 'stream', 'file').some(named => named.service.name === service)
}

function cameIn(event: object): Came | undefined {
  if (isRestEvent(event)) return cameByRest(event)
  return 'rawPath' in event ? cameByHttp(event) : undefined
}

async function handled({ door, work: worked }: Made, event: object): Promise<unknown> {
  const came = cameIn(event)
  if (!came) return worked(event)
  const reply = await door.answer(came)
  return resultOf(came, reply)
}

function resultOf({ format }: Came, reply: Reply): Promise<unknown> {
  return format === 1 ? restResult(reply) : httpResult(reply)
}

/**
 * Does something within the time that the function has left, and the function that asked it; and what must be done before
 * it sleeps.
 */
async function within<T>(
  made: Made,
  clock: Clock,
  context: LambdaContext,
  event: object,
  run: () => Promise<T>,
): Promise<T> {
  const { runtime } = made
  const ownMs = clock.now() + Math.max(0, context.getRemainingTimeInMillis() - reservedMs)
  made.endsMs = isCarried(event) ? Math.min(ownMs, event.endsMs ?? ownMs) : ownMs
  const late = () => runtime.endAll(fault('timed-out', "the function's time is up"))
  const cancel = clock.at(made.endsMs, late)
  try {
    return await run()
  } finally {
    cancel()
    await runtime.settle()
  }
}
