/**
 * Exports telemetry to a collector by OTLP/HTTP in JSON (opentelemetry.io/docs/specs/otlp). It stands beside the doors,
 * since it speaks a protocol, which the runtime does not, and needs no engine, which a driver is.
 *
 * Nobody waits for it: what is given is sent a second later. What a collector does not take is tried again within
 * bounds, then lost and told.
 */
import type { Clock } from '../contract/clock.ts'
import type { LogRecord, SpanRecord } from '../contract/telemetry.ts'
import { keyValues, logJson, metricsJson, type PlanMetrics, type Signal, signals, spanJson } from './otlp/encode.ts'
import type { OtlpEndpoint } from './otlp/post.ts'
import { Sender } from './otlp/sender.ts'

export type { PlanMetrics } from './otlp/encode.ts'
export type { OtlpEndpoint } from './otlp/post.ts'

export interface OtlpOptions {
  /** Where each kind goes; what has no address is not exported. */
  readonly endpoints: Readonly<Partial<Record<Signal, OtlpEndpoint>>>
  /** What is known of this process. `service.name` is the plan's name unless it is here. */
  readonly resource: Readonly<Record<string, string>>
  /** How often counts are sent. Default a minute. */
  readonly metricsEveryMs?: number
}

export interface OtlpParts {
  readonly clock: Clock
  readonly fetch: typeof fetch
  /** Random, from 0 to below 1. */
  readonly fraction: () => number
  /** What is counted, asked each time it is sent. */
  metrics(): readonly PlanMetrics[]
  /** Hears of every loss: how many of what (`spans`), and why, with the collector's address. Must return at once. */
  lost(count: number, what: string, why: string): void
}

export interface OtlpExporter {
  span(plan: string, span: SpanRecord): void
  log(record: LogRecord): void
  /** Sends what waits, and the last counts. Resolves when all is sent or lost, after `graceMs` at the latest. */
  close(graceMs: number): Promise<void>
}

/**
 * Begins to export.
 * @example
 * const traces = { url: 'http://127.0.0.1:4318/v1/traces', headers: {} }
 * const exporter = otlpExporter({ endpoints: { traces }, resource: {} }, parts)
 */
export function otlpExporter(options: OtlpOptions, parts: OtlpParts): OtlpExporter {
  const { traces, logs, metrics } = sendersOf(options, parts)
  const offer = (sender: Sender, plan: string, encode: () => object): void => {
    try {
      sender.offer({ plan, json: JSON.stringify(encode()) })
    } catch (error) {
      parts.lost(1, 'records', `it cannot be written as JSON: ${error}`)
    }
  }
  const measured = metrics && measuring(options, parts, metrics, offer)
  return {
    span(plan, span) {
      if (traces) offer(traces, plan, () => spanJson(span))
    },
    log(record) {
      if (logs) offer(logs, record.plan, () => logJson(record))
    },
    async close(graceMs) {
      measured?.end()
      await Promise.all([traces, logs, metrics].map(sender => sender?.close(graceMs)))
    },
  }
}

type Senders = Readonly<Record<Signal, Sender | undefined>>

function sendersOf({ endpoints, resource }: OtlpOptions, { clock, fetch, fraction, lost }: OtlpParts): Senders {
  const about = (plan: string): object => ({
    attributes: keyValues({
      'service.name': plan,
      'groundplan.plan': plan,
      'telemetry.sdk.name': 'groundplan',
      'telemetry.sdk.language': 'nodejs',
      ...resource,
    }),
  })
  const senderOf = (signal: Signal): Sender | undefined => {
    const endpoint = endpoints[signal]
    if (!endpoint) return undefined
    const where = placeOf(endpoint.url)
    return new Sender({
      signal,
      endpoint,
      clock,
      fetch,
      fraction,
      resource: about,
      lost: (count, why) => lost(count, signals[signal].what, `${why} (${where})`),
    })
  }
  return { traces: senderOf('traces'), logs: senderOf('logs'), metrics: senderOf('metrics') }
}

/** The address without what may be a credential. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

type Offer = (sender: Sender, plan: string, encode: () => object) => void

/** Offers the counts now and then, and at the end. */
function measuring({ metricsEveryMs = 60_000 }: OtlpOptions, parts: OtlpParts, sender: Sender, offer: Offer) {
  const { clock } = parts
  const send = (): void => {
    for (const each of parts.metrics()) {
      for (const metric of metricsJson(each, clock.now())) offer(sender, each.plan, () => metric)
    }
  }
  const again = () =>
    clock.at(clock.now() + metricsEveryMs, () => {
      cancel = again()
      send()
    })
  let cancel = again()
  return {
    end() {
      cancel()
      send()
    },
  }
}
