/**
 * Schedules: run each tick once. The process that claims a tick runs it, extends its claim while it runs, and finishes
 * it; what the call writes carries the claim's fence, so that a process which lost its claim writes nothing more. A
 * schedule that never ran before begins with the next tick; after a stop the latest missed tick runs, once.
 *
 * A tick that another process holds is tried again when its claim runs out: its holder may be dead. While the engine
 * does not answer, claiming and finishing are tried again too, so that a bad minute costs no tick.
 */
import { type Cancel, sleep } from '../contract/clock.ts'
import { fault, isFault } from '../contract/problems.ts'
import type { Claim, Schedules } from '../contract/schedule.ts'
import { type Ticks, ticksOf } from '../contract/ticks.ts'
import type { Schedule } from '../plan/schedule.ts'
import { type CallKit, execute, RunningCall } from './call.ts'

/** Something that time triggers. */
export interface Ticking {
  readonly service: string
  readonly name: string
  readonly when: Schedule['when']
  readonly timeoutMs: number
  /** Whether a tick has anything to do: asked before it is claimed, so it only reads. Default: it has. */
  isNeeded?(): Promise<boolean>
  run(call: RunningCall, tick: Date): unknown
}

export interface Ticker {
  /**
   * Runs it now, as if a tick were due: claimed, so that it never runs twice at once. Rejects with what its handler
   * threw. Faults: `no-such-route`, `conflict` (it is running, here or in another process).
   */
  runNow(service: string, name: string): Promise<void>
  /**
   * Runs the latest tick that is due, where nobody has: for hosts where something outside tells that time has come. What
   * its handler threw is told to the logs. Faults: `no-such-route`, `conflict` (somebody runs it now, and may be dead).
   */
  runDue(service: string, name: string): Promise<void>
  /** When each schedule is due next; none where time triggers nothing. */
  next(): readonly { readonly schedule: string; readonly atMs: number }[]
  /**
   * Starts nothing more; resolves when what runs has ended. What still runs after `graceMs` is cut off: its claim runs
   * out, and another process runs the tick.
   */
  stop(graceMs: number): Promise<void>
}

const leaseMs = 60_000
const longestBackoffMs = 30_000

/** `starts`: whether time triggers them; without it they run by `runNow` alone. */
export function ticker(kit: CallKit, schedules: Schedules, ticking: readonly Ticking[], starts = true): Ticker {
  const clockworks = ticking.map(each => new Clockwork(kit, schedules, each))
  if (starts) for (const clockwork of clockworks) clockwork.start()
  const of = (service: string, name: string): Clockwork => {
    const found = clockworks.find(({ each }) => each.service === service && each.name === name)
    if (!found) throw fault('no-such-route', `there is no schedule ${service}/${name}`)
    return found
  }
  return {
    runNow: async (service, name) => of(service, name).runNow(),
    runDue: async (service, name) => of(service, name).runDue(),
    next: () => (starts ? clockworks.map(({ name, nextMs }) => ({ schedule: name, atMs: nextMs })) : []),
    async stop(graceMs) {
      await Promise.all(clockworks.map(clockwork => clockwork.stop(graceMs)))
    },
  }
}

/** One schedule. */
class Clockwork {
  readonly each: Ticking
  readonly name: string
  readonly #kit: CallKit
  readonly #schedules: Schedules
  readonly #ticks: Ticks
  readonly #running = new Set<Promise<void>>()
  readonly #calls = new Set<RunningCall>()
  readonly #stopping = new AbortController()
  /** The next tick, and what is tried again later. */
  readonly #timers = new Set<Cancel>()
  #nextMs = 0
  /** A schedule that is new is claimed for a moment, to be noted; nothing runs then. */
  #noted: Promise<boolean> = Promise.resolve(false)

  constructor(kit: CallKit, schedules: Schedules, each: Ticking) {
    this.#kit = kit
    this.#schedules = schedules
    this.each = each
    this.name = `${each.service}/${each.name}`
    this.#ticks = ticksOf(each.when)
  }

  get nextMs(): number {
    return this.#nextMs
  }

  start(): void {
    this.#arm()
    this.#eventually(() => this.#catchUp())
  }

  async runNow(): Promise<void> {
    await this.#noted.catch(() => {}) // told, and tried again, by who began it
    const last = await this.#schedules.last(this.name)
    const tickMs = Math.max(this.#kit.clock.now(), (last?.tickMs ?? 0) + 1)
    const claim = await this.#schedules.claim(this.name, tickMs, leaseMs)
    if (!claim) throw fault('conflict', `${this.name} is running`)
    const failure = await this.#runClaimed(claim)
    if (failure !== undefined) throw failure
  }

  async runDue(): Promise<void> {
    const tickMs = this.#ticks.latest(this.#kit.clock.now())
    if (tickMs === undefined || (this.each.isNeeded && !(await this.each.isNeeded()))) return
    const claim = await this.#schedules.claim(this.name, tickMs, leaseMs)
    if (claim) {
      await this.#runClaimed(claim)
      return
    }
    const last = await this.#schedules.last(this.name)
    if (last?.state === 'running') throw fault('conflict', `${this.name} is running`)
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort()
    for (const cancel of this.#timers) cancel()
    const over = new AbortController()
    const ended = Promise.all(this.#running)
    await Promise.race([ended, sleep(this.#kit.clock, graceMs, over.signal)])
    over.abort()
    for (const call of this.#calls) call.expire(fault('stopping', 'the process is stopping'))
    await ended
  }

  #arm(): void {
    this.#nextMs = this.#ticks.next(this.#kit.clock.now())
    const tickMs = this.#nextMs
    this.#at(tickMs, () => {
      this.#arm()
      this.#eventually(() => this.#tick(tickMs))
    })
  }

  #at(atMs: number, run: () => void): void {
    if (this.#stopping.signal.aborted) return
    const cancel = this.#kit.clock.at(atMs, () => {
      this.#timers.delete(cancel)
      run()
    })
    this.#timers.add(cancel)
  }

  /** Does work that only an engine can fail: then it is done again, later. */
  #eventually(work: () => Promise<void>, failures = 0): void {
    const running: Promise<void> = this.#tried(work, failures).then(() => void this.#running.delete(running))
    this.#running.add(running)
  }

  /** Never rejects. */
  async #tried(work: () => Promise<void>, failures: number): Promise<void> {
    const { activity, clock } = this.#kit
    const ended = activity.begin(this.name)
    try {
      await work()
    } catch (error) {
      this.#report(error)
      this.#at(clock.now() + backoffMs(failures), () => this.#eventually(work, failures + 1))
    } finally {
      ended()
    }
  }

  /** A schedule that is new begins here: its latest tick counts as done. Otherwise the latest missed tick is due. */
  async #catchUp(): Promise<void> {
    const latestMs = this.#ticks.latest(this.#kit.clock.now())
    if (latestMs === undefined) return
    this.#noted = this.#noteIfNew(latestMs)
    if (await this.#noted) return
    const last = await this.#schedules.last(this.name)
    if (last && (last.tickMs < latestMs || last.state === 'running')) await this.#tick(Math.max(latestMs, last.tickMs))
  }

  /** Whether it was new. */
  async #noteIfNew(latestMs: number): Promise<boolean> {
    if (await this.#schedules.last(this.name)) return false
    const claim = await this.#schedules.claim(this.name, latestMs, leaseMs)
    if (claim) await this.#schedules.finish(claim)
    return true
  }

  async #tick(tickMs: number): Promise<void> {
    if (this.each.isNeeded && !(await this.each.isNeeded())) return
    const claim = await this.#schedules.claim(this.name, tickMs, leaseMs)
    if (claim) {
      await this.#runClaimed(claim)
      return
    }
    // Whoever holds the schedule may be dead: then its claim runs out, and the tick is still to be run.
    const heldUntilMs = (await this.#schedules.last(this.name))?.heldUntilMs
    if (heldUntilMs !== undefined) this.#at(heldUntilMs, () => this.#eventually(() => this.#tick(tickMs)))
  }

  /** Gives what its handler threw; undefined when it went well. */
  async #runClaimed(claim: Claim): Promise<unknown> {
    const tick = new Date(claim.tickMs)
    const call = this.#callOf(claim)
    const letGo = this.#keep(claim, call)
    this.#calls.add(call)
    try {
      await execute(call, () => this.each.run(call, tick))
      await this.#finish(claim, undefined)
      return undefined
    } catch (error) {
      if (isFault(error, 'stopping')) return error
      call.log.error(`${call.name} failed`, { error, tick: tick.toISOString() })
      await this.#finish(claim, this.#kit.scrub(error instanceof Error ? error.message : String(error)))
      return error
    } finally {
      this.#calls.delete(call)
      letGo()
    }
  }

  /** Tried again while the engine does not answer: a tick that was run and not finished would be run again. */
  async #finish(claim: Claim, failure: string | undefined): Promise<void> {
    const { signal } = this.#stopping
    for (let failures = 0; ; failures++) {
      try {
        await this.#schedules.finish(claim, failure)
        return
      } catch (error) {
        this.#report(error)
        if (signal.aborted) return
        await sleep(this.#kit.clock, backoffMs(failures), signal)
      }
    }
  }

  #callOf({ tickMs, check }: Claim): RunningCall {
    return new RunningCall(this.#kit, {
      service: this.each.service,
      handler: this.each.name,
      timeoutMs: this.each.timeoutMs,
      span: { kind: 'internal', name: this.name },
      work: () => `${this.name}/${tickMs}`,
      workAtMs: () => tickMs,
      checks: [check],
    })
  }

  /** Extends the claim at half its time, until it is let go. */
  #keep(claim: Claim, call: RunningCall): () => void {
    const { clock } = this.#kit
    const extend = async (): Promise<void> => {
      if (!(await this.#schedules.extend(claim, leaseMs)))
        call.expire(fault('claim-lost', 'another process has taken over this tick'))
    }
    const again = (): Cancel =>
      clock.at(clock.now() + leaseMs / 2, () => {
        cancel = again()
        extend().catch(error => this.#report(error))
      })
    let cancel = again()
    return () => cancel()
  }

  #report(error: unknown): void {
    const { logs, clock, plan, scrub } = this.#kit
    const message = scrub(`${this.name}: ${error instanceof Error ? error.message : error}`)
    logs({ level: 'error', atMs: clock.now(), plan, handler: this.name, message })
  }
}

function backoffMs(failures: number): number {
  return Math.min(longestBackoffMs, 1_000 * 2 ** failures)
}
