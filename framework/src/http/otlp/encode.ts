/**
 * Spans, log records and counts as OTLP has them in JSON (opentelemetry.io/docs/specs/otlp): the names of the protocol
 * buffers in lowerCamelCase, ids in hexadecimal, enums as numbers, 64-bit integers as text, times in nanoseconds.
 * Span names are given the form that OpenTelemetry's semantic conventions ask for; ours stays in `groundplan.handler`.
 */
import { hasFailed, type Level, type LogRecord, type SpanKind, type SpanRecord } from '../../contract/telemetry.ts'
import type { HandlerCounts } from '../../runtime/metrics.ts'

/** A value of any kind: exactly one of these, or none for nothing. */
export interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  /** Text, since JavaScript cannot hold all of them. */
  readonly intValue?: string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values: readonly AnyValue[] }
  readonly kvlistValue?: { readonly values: readonly KeyValue[] }
}

export interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

export function anyValue(value: unknown): AnyValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? { intValue: String(value) } : { doubleValue: value }
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return isRecord(value) ? { kvlistValue: { values: keyValues(value) } } : {}
}

/** Entries of an object; what is undefined is absent. */
export function keyValues(values: Readonly<Record<string, unknown>>): readonly KeyValue[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: anyValue(value) }))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** Milliseconds since 1970 in nanoseconds: more digits than a number has. */
export function nanoseconds(ms: number): string {
  const whole = Math.floor(ms)
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6)))
}

// ---------- spans

const kinds: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }
const failed = 2
/** W3C trace flags: only what is sampled is exported. */
const sampledFlag = 1

export function spanJson(span: SpanRecord): object {
  const { traceId, spanId, parentId, kind, startMs, endMs, attributes, failure } = span
  const name = conventionalName(span)
  return {
    traceId,
    spanId,
    ...(parentId === undefined ? {} : { parentSpanId: parentId }),
    flags: sampledFlag,
    name,
    kind: kinds[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(endMs),
    attributes: keyValues(name === span.name ? attributes : { ...attributes, 'groundplan.handler': span.name }),
    ...(hasFailed(span) && failure !== undefined ? { status: { code: failed, message: failure } } : {}),
  }
}

/** `POST /orders/{id}` for what a request began, `process jobs` for what a message began. */
function conventionalName({ name, kind, attributes }: SpanRecord): string {
  const { 'http.request.method': method, 'http.route': route, 'messaging.destination.name': queue } = attributes
  if (kind === 'server' && method !== undefined && route !== undefined) return `${method} ${route}`
  return kind === 'consumer' && queue !== undefined ? `process ${queue}` : name
}

// ---------- log records

const severities: Readonly<Record<Level, number>> = { debug: 5, info: 9, warn: 13, error: 17 }

export function logJson({ level, atMs, message, handler, trace, fields = {} }: LogRecord): object {
  const time = nanoseconds(atMs)
  const { error, ...rest } = fields
  const attributes = { ...rest, ...exceptionOf(error), 'groundplan.handler': handler }
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: severities[level],
    severityText: level.toUpperCase(),
    body: { stringValue: message },
    attributes: keyValues(attributes),
    ...(trace === undefined ? {} : { traceId: trace }),
  }
}

/** An error, as our logs write them, in the words of the conventions. Anything else under that name stays what it is. */
function exceptionOf(error: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(error) || typeof error.stack !== 'string') return { error }
  const { name, message, stack, ...rest } = error
  return {
    'exception.type': name,
    'exception.message': message,
    'exception.stacktrace': stack,
    ...(Object.keys(rest).length > 0 ? { error: rest } : {}),
  }
}

// ---------- metrics

/** What one plan's handlers did since the process began, by `service/handler`. */
export interface PlanMetrics {
  readonly plan: string
  readonly sinceMs: number
  readonly handlers: Readonly<Record<string, HandlerCounts>>
}

const cumulative = 2

/** How long handlers took, without buckets: how often, together, at most; and how often they failed. */
export function metricsJson({ sinceMs, handlers }: PlanMetrics, nowMs: number): readonly object[] {
  const points = Object.entries(handlers).map(([name, counts]) => ({ counts, common: commonOf(name, sinceMs, nowMs) }))
  if (points.length === 0) return []
  const durations = points.map(({ counts, common }) => ({
    ...common,
    count: String(counts.calls),
    sum: counts.totalMs / 1_000,
    max: counts.longestMs / 1_000,
  }))
  const failures = points.map(({ counts, common }) => ({ ...common, asInt: String(counts.failures) }))
  return [
    {
      name: 'groundplan.handler.duration',
      description: 'How long calls of a handler took.',
      unit: 's',
      histogram: { aggregationTemporality: cumulative, dataPoints: durations },
    },
    {
      name: 'groundplan.handler.failures',
      description: 'Calls of a handler that failed, other than by a fault of the caller.',
      unit: '{call}',
      sum: { aggregationTemporality: cumulative, isMonotonic: true, dataPoints: failures },
    },
  ]
}

function commonOf(name: string, sinceMs: number, nowMs: number) {
  const [service] = name.split('/')
  return {
    attributes: keyValues({ 'groundplan.service': service, 'groundplan.handler': name }),
    startTimeUnixNano: nanoseconds(sinceMs),
    timeUnixNano: nanoseconds(nowMs),
  }
}

// ---------- requests

/** What is sent to one address, and its names. */
export const signals = {
  traces: { all: 'resourceSpans', scoped: 'scopeSpans', each: 'spans', what: 'spans', rejected: 'rejectedSpans' },
  logs: {
    all: 'resourceLogs',
    scoped: 'scopeLogs',
    each: 'logRecords',
    what: 'log records',
    rejected: 'rejectedLogRecords',
  },
  metrics: {
    all: 'resourceMetrics',
    scoped: 'scopeMetrics',
    each: 'metrics',
    what: 'metrics',
    rejected: 'rejectedDataPoints',
  },
} as const

export type Signal = keyof typeof signals

/** Something of one plan, as JSON. */
export interface Item {
  readonly plan: string
  readonly json: string
}

/** The body of a request: items by their plans, each plan with what is known of who sends it. */
export function requestBody(signal: Signal, items: readonly Item[], resource: (plan: string) => object): string {
  const { all, scoped, each } = signals[signal]
  const groups = grouped(items)
  const parts = [...groups].map(([plan, texts]) => {
    const scope = `{"${scoped}":[{"scope":{"name":"groundplan"},"${each}":[${texts.join(',')}]}]`
    return `${scope},"resource":${JSON.stringify(resource(plan))}}`
  })
  return `{"${all}":[${parts.join(',')}]}`
}

function grouped(items: readonly Item[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const { plan, json } of items) {
    const group = groups.get(plan)
    if (group) group.push(json)
    else groups.set(plan, [json])
  }
  return groups
}
