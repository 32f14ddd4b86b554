/**
 * Traces: spans around every handler and every resource operation, joined across queues and services by W3C
 * `traceparent`. Span names and attributes follow OpenTelemetry's semantic conventions; where they go is the sink's
 * business. A trace that is not sampled costs an id and nothing more.
 */
import type { Clock } from '../contract/clock.ts'
import type { Attributes, SpanKind, SpanRecord } from '../contract/telemetry.ts'
import type { Entropy } from './entropy.ts'
import { type Keeps, recorded } from './recorded.ts'

export type { Attributes, SpanKind, SpanRecord } from '../contract/telemetry.ts'

export interface Telemetry {
  readonly sink?: (span: SpanRecord) => void
  /** Share of new traces that are kept, 0 to 1. A trace that arrives keeps its own decision. */
  readonly sampled: number
}

/** The place of something in a trace. */
export interface Trace {
  readonly traceId: string
  readonly spanId: string
  readonly sampled: boolean
}

const pattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/
const noTrace = '0'.repeat(32)
const noSpan = '0'.repeat(16)

/** Reads a `traceparent`; undefined where it is not one. */
export function traceFrom(traceparent: string | undefined): Trace | undefined {
  if (traceparent === undefined || !pattern.test(traceparent)) return undefined
  const traceId = traceparent.slice(3, 35)
  const spanId = traceparent.slice(36, 52)
  if (traceId === noTrace || spanId === noSpan) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(traceparent.slice(53), 16) & 1) === 1 }
}

export function traceparentOf(trace: Trace): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? '01' : '00'}`
}

/** A span that runs. */
export interface Span extends Trace {
  /** `endMs`: default now. */
  end(failure?: unknown, endMs?: number): void
  set(name: string, value: string | number | boolean): void
}

export interface Tracer {
  /** Begins a span below `parent`, or a new trace. `startMs`: of what began before. Default now. */
  start(name: string, kind: SpanKind, parent: Trace | undefined, attributes?: Attributes, startMs?: number): Span
}

export type Scrub = (text: string) => string

/** `scrub` replaces secret values in what a span says. */
export function tracer(telemetry: Telemetry, clock: Clock, entropy: Entropy, scrub: Scrub): Tracer {
  const { sink, sampled: share } = telemetry
  const keeps: Keeps | undefined = sink && { sink, clock, scrub }
  const chosen = (): boolean => keeps !== undefined && (share >= 1 || entropy.fraction() < share)
  return {
    start(name, kind, parent, attributes, startMs) {
      const sampled = parent ? parent.sampled && keeps !== undefined : chosen()
      if (!sampled || !keeps) return new Passing(parent, entropy)
      const traceId = parent?.traceId ?? entropy.hex(16)
      return recorded(
        keeps,
        { traceId, spanId: entropy.hex(8), parentId: parent?.spanId, name, kind, startMs: startMs ?? clock.now() },
        attributes,
      )
    },
  }
}

/** A span that is not kept. Its ids are made when somebody asks: a log line, a problem, a call to another service. */
class Passing implements Span {
  readonly sampled = false
  readonly #entropy: Entropy
  #traceId: string | undefined
  #spanId: string | undefined

  constructor(parent: Trace | undefined, entropy: Entropy) {
    this.#entropy = entropy
    this.#traceId = parent?.traceId
    this.#spanId = parent?.spanId
  }

  get traceId(): string {
    this.#traceId ??= this.#entropy.hex(16)
    return this.#traceId
  }

  get spanId(): string {
    this.#spanId ??= this.#entropy.hex(8)
    return this.#spanId
  }

  end(): void {}

  set(): void {}
}

/** Runs `work` inside a span. */
export async function spanned<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work()
    span.end()
    return result
  } catch (error) {
    span.end(error)
    throw error
  }
}
