/**
 * The calls that run, and their time. One timer for all of them, because most calls end long before their time is up:
 * it fires for the earliest deadline known when it was set, ends what is late, and is set again.
 */
import type { Cancel, Clock } from '../contract/clock.ts'
import { type Fault, fault } from '../contract/problems.ts'
import type { Active, Activity } from './activity.ts'
import type { Placed, Roll } from './roll.ts'

/** A call, as far as its time goes. */
export interface Timed extends Active, Placed {
  readonly deadlineMs: number
  /** Its time is up. */
  expire(late: Fault): void
}

export interface RunningCalls {
  /** Throws when it is closed. */
  begin(call: Timed): void
  /** False when it had ended already: its time was up. */
  end(call: Timed): boolean
  /** Ends what still runs; nothing begins any more. */
  close(why: Fault): void
}

/** `calls`: where they are kept. */
export function runningCalls(clock: Clock, calls: Roll<Timed>, activity: Activity): RunningCalls {
  let armed: { readonly atMs: number; readonly cancel: Cancel } | undefined
  let closed: Fault | undefined
  const arm = (atMs: number): void => {
    if (armed && armed.atMs <= atMs) return
    armed?.cancel()
    armed = { atMs, cancel: clock.at(atMs, endLate) }
  }
  const endLate = (): void => {
    armed = undefined
    const nowMs = clock.now()
    let earliestMs = Number.POSITIVE_INFINITY
    for (const call of calls.all()) {
      if (call.deadlineMs <= nowMs) call.expire(fault('timed-out', `${call.name} took longer than it may`))
      else if (call.deadlineMs < earliestMs) earliestMs = call.deadlineMs
    }
    if (calls.size > 0 && earliestMs < Number.POSITIVE_INFINITY) arm(earliestMs)
  }
  return {
    begin(call) {
      if (closed) throw closed
      calls.add(call)
      arm(call.deadlineMs)
    },
    // The timer stays set: the next call will want one, and firing for nothing costs nothing.
    end(call) {
      const ran = calls.remove(call)
      activity.left()
      return ran
    },
    close(why) {
      closed = why
      armed?.cancel()
      for (const call of calls.all()) call.expire(why)
    },
  }
}
