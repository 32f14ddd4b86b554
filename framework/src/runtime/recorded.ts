/** Spans that are kept: told to a sink when they have ended. */
import type { Clock } from '../contract/clock.ts'
import type { Attributes, SpanKind, SpanRecord } from '../contract/telemetry.ts'
import { errorType } from './conventions.ts'
import type { Scrub, Span } from './telemetry.ts'

interface Begun {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly name: string
  readonly kind: SpanKind
  readonly startMs: number
}

/** What all spans that are kept share. */
export interface Keeps {
  readonly sink: (span: SpanRecord) => void
  readonly clock: Clock
  readonly scrub: Scrub
}

export function recorded(keeps: Keeps, begun: Begun, attributes: Attributes | undefined): Span {
  return new Recording(keeps, begun, attributes)
}

class Recording implements Span {
  readonly sampled = true
  readonly #keeps: Keeps
  readonly #begun: Begun
  readonly #given: Attributes | undefined
  #set: Record<string, string | number | boolean> | undefined

  constructor(keeps: Keeps, begun: Begun, attributes: Attributes | undefined) {
    this.#keeps = keeps
    this.#begun = begun
    this.#given = attributes
  }

  get traceId(): string {
    return this.#begun.traceId
  }

  get spanId(): string {
    return this.#begun.spanId
  }

  set(name: string, value: string | number | boolean): void {
    this.#set ??= {}
    this.#set[name] = value
  }

  end(failure?: unknown, endMs = this.#keeps.clock.now()): void {
    const { sink, scrub } = this.#keeps
    const { parentId, traceId, spanId, name, kind, startMs } = this.#begun
    const attributes = this.#attributes(failure)
    const span = { traceId, spanId, name, kind, startMs, endMs, attributes }
    if (failure === undefined) {
      sink(parentId === undefined ? span : { ...span, parentId })
    } else {
      const text = scrub(failure instanceof Error ? failure.message : String(failure))
      sink({ ...span, ...(parentId === undefined ? {} : { parentId }), failure: text })
    }
  }

  /** Those of what it was begun with give way to those that were set. */
  #attributes(failure: unknown): Attributes {
    const { scrub } = this.#keeps
    const attributes: Record<string, string | number | boolean> = {}
    if (failure !== undefined) attributes['error.type'] = errorType(failure)
    addScrubbed(attributes, this.#given, scrub)
    addScrubbed(attributes, this.#set, scrub)
    return attributes
  }
}

function addScrubbed(
  attributes: Record<string, string | number | boolean>,
  more: Attributes | undefined,
  scrub: Scrub,
): void {
  for (const name in more) {
    const value = more[name]
    if (value !== undefined) attributes[name] = typeof value === 'string' ? scrub(value) : value
  }
}
