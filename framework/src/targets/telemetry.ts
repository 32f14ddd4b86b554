/**
 * Telemetry of a process: kept on disk for each plan, and exported to a collector where there is one. What a host gives
 * to its runtimes, and what people ask later, from this process or another.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Cancel, type Clock, sleep } from '../contract/clock.ts'
import type { LogSink, TelemetryReader } from '../contract/telemetry.ts'
import { systemClock } from '../embedded/clock.ts'
import { openTelemetry, readTelemetry, type TelemetryStore } from '../embedded/telemetry.ts'
import { type OtlpOptions, otlpExporter, type PlanMetrics } from '../http/otlp.ts'
import { systemEntropy } from '../runtime/entropy.ts'
import type { Telemetry } from '../runtime/telemetry.ts'

/** The clock of this machine, for a host that has to have one before its target. */
export { systemClock }

export interface KeepOptions {
  /** Of each plan. Default 64 MB, at least 256 KB. */
  readonly maxBytes?: number
  /** Share of new traces that are kept, 0 to 1. Default 0.1. */
  readonly sampled?: number
  /** Where it is exported to. Default: nowhere. */
  readonly otlp?: OtlpOptions
  /** Default: the platform's. */
  readonly fetch?: typeof fetch
  /** Hears what was lost and why, at most once a minute. */
  readonly report: LogSink
}

export interface TelemetryKeeper {
  /** What the runtime of a plan is given. */
  telemetry(plan: string): Telemetry
  /** Keeps and exports the log records of all plans. */
  readonly logs: LogSink
  /** What is counted: asked when counts are exported. */
  measure(source: () => readonly PlanMetrics[]): void
  /** Asks what is kept of a plan, up to this moment. */
  reader(plan: string): TelemetryReader
  /** Writes and sends what waits. Resolves when that is done, after `graceMs` at the latest. */
  close(graceMs: number): Promise<void>
}

/**
 * Keeps telemetry below a folder, in one of its own for each plan. Nobody ever waits for it.
 * @example
 * const kept = keepTelemetry('.groundplan/telemetry', clock, { report: logs })
 * await startRuntime(plan, drivers, { logs: kept.logs, telemetry: kept.telemetry(plan.name) })
 * await kept.close(2_000)
 */
export function keepTelemetry(folder: string, clock: Clock, options: KeepOptions): TelemetryKeeper {
  const { maxBytes, sampled = 0.1, otlp, report } = options
  const losses = new Losses(clock, report)
  const stores = new Map<string, TelemetryStore>()
  let source: () => readonly PlanMetrics[] = () => []
  let closed = false
  const exporter =
    otlp &&
    otlpExporter(otlp, {
      clock,
      fetch: options.fetch ?? fetch,
      fraction: systemEntropy().fraction,
      metrics: () => source(),
      lost: (count, what, why) => losses.add(count, what, why),
    })
  const storeOf = (plan: string): TelemetryStore => {
    let store = stores.get(plan)
    if (!store) {
      const bound = maxBytes === undefined ? {} : { maxBytes }
      store = openTelemetry(join(folder, plan), { plan, clock, ...bound, lost: loss => losses.addKept(loss) })
      stores.set(plan, store)
    }
    return store
  }
  return {
    telemetry(plan) {
      const store = storeOf(plan)
      return {
        sampled,
        sink(span) {
          if (closed) return
          store.span(span)
          exporter?.span(plan, span)
        },
      }
    },
    logs(record) {
      if (closed) return
      storeOf(record.plan).log(record)
      exporter?.log(record)
    },
    measure(given) {
      source = given
    },
    reader: storeOf,
    async close(graceMs) {
      closed = true
      // What the exporter gives up is still to be told.
      const closing = Promise.all([exporter?.close(graceMs * 0.9), ...[...stores.values()].map(store => store.close())])
      const late = new AbortController()
      await Promise.race([closing, sleep(clock, graceMs, late.signal)])
      late.abort()
      losses.close()
    },
  }
}

/** Waits a second, so that what is lost together is told together; then a minute between one telling and the next. */
const tellAfterMs = 1_000
const tellEveryMs = 60_000

/** Tells what was lost. Not through the keeper itself, which would lose that as well. */
class Losses {
  readonly #clock: Clock
  readonly #report: LogSink
  readonly #counts = new Map<string, number>()
  #why = ''
  #notBeforeMs = 0
  #armed: Cancel | undefined
  #closed = false

  constructor(clock: Clock, report: LogSink) {
    this.#clock = clock
    this.#report = report
  }

  addKept({ spans, logs, why }: { readonly spans: number; readonly logs: number; readonly why: string }): void {
    if (spans > 0) this.add(spans, 'spans', why)
    if (logs > 0) this.add(logs, 'log records', why)
  }

  add(count: number, what: string, why: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count)
    this.#why = why
    if (!this.#closed)
      this.#armed ??= this.#clock.at(Math.max(this.#clock.now() + tellAfterMs, this.#notBeforeMs), () => this.#tell())
  }

  close(): void {
    this.#closed = true
    this.#armed?.()
    this.#tell()
  }

  #tell(): void {
    this.#armed = undefined
    if (this.#counts.size === 0) return
    const counts = [...this.#counts].map(([what, count]) => `${count} ${what}`)
    this.#counts.clear()
    this.#notBeforeMs = this.#clock.now() + tellEveryMs
    const message = `telemetry was lost: ${counts.join(', ')}: ${this.#why}`
    this.#report({ level: 'warn', atMs: this.#clock.now(), plan: 'groundplan', message })
  }
}

/** Names of the plans of which something is kept below a folder. */
export async function keptPlans(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return entries
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}

/** Asks what processes keep of these plans below a folder, also while they run. */
export function readKept(folder: string, plans: readonly string[]): TelemetryReader {
  return readTelemetry(
    plans.map(plan => join(folder, plan)),
    systemClock(),
  )
}
