/**
 * Virtual time for handlers and the libraries they use: inside a bed, `Date` and timers follow the bed's clock. Which
 * bed is read through AsyncLocalStorage, so that beds run side by side; outside of all beds nothing changes. The globals
 * are replaced while at least one bed is open.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../../contract/clock.ts'

export interface VirtualTime {
  /** Runs something in the time of a clock. */
  within<T>(clock: Clock, run: () => T): T
  /** Gives the globals back when the last user is gone. */
  release(): void
}

interface Patched {
  readonly clocks: AsyncLocalStorage<Clock>
  readonly restore: () => void
  users: number
}

const shared = Symbol.for('groundplan.virtual-time')
type Holder = { [shared]?: Patched }

/** Replaces the globals, or joins those who have. */
export function virtualTime(): VirtualTime {
  const holder = globalThis as Holder
  const patched = holder[shared] ?? patch()
  holder[shared] = patched
  patched.users++
  let released = false
  return {
    within: (clock, run) => patched.clocks.run(clock, run),
    release() {
      if (released) return
      released = true
      patched.users--
      if (patched.users > 0) return
      patched.restore()
      delete holder[shared]
    },
  }
}

function patch(): Patched {
  const clocks = new AsyncLocalStorage<Clock>()
  const real = {
    Date: globalThis.Date,
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
  }
  Object.assign(globalThis, { Date: dateOf(clocks, real.Date), ...timersOf(clocks, real) })
  return { clocks, users: 0, restore: () => Object.assign(globalThis, real) }
}

function dateOf(clocks: AsyncLocalStorage<Clock>, RealDate: DateConstructor): DateConstructor {
  return new Proxy(RealDate, {
    construct(target, given, newTarget) {
      const clock = clocks.getStore()
      const args = given.length === 0 && clock ? [clock.now()] : given
      return Reflect.construct(target, args, newTarget) as object
    },
    apply(target, self, given) {
      const clock = clocks.getStore()
      return clock ? new target(clock.now()).toString() : Reflect.apply(target, self, given)
    },
    get(target, name) {
      const clock = name === 'now' ? clocks.getStore() : undefined
      return clock ? () => clock.now() : Reflect.get(target, name)
    },
  })
}

type Timers = Pick<typeof globalThis, 'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval'>
type Callback = (...given: unknown[]) => void

/** A timer of a bed. It answers to what users of Node's timers call. */
class VirtualTimer {
  cancel: () => void = () => {}

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  close(): this {
    this.cancel()
    return this
  }

  [Symbol.dispose](): void {
    this.cancel()
  }
}

function timersOf(clocks: AsyncLocalStorage<Clock>, real: Timers): Partial<Timers> {
  const clear = (original: (timer?: never) => void) => (timer?: unknown) => {
    if (timer instanceof VirtualTimer) timer.cancel()
    else original(timer as never)
  }
  const setTimer = (repeat: boolean, original: (...given: never[]) => unknown) => {
    return (run: Callback, ms = 0, ...given: unknown[]): unknown => {
      const clock = clocks.getStore()
      return clock ? virtualTimer(clock, run, ms, given, repeat) : original(...([run, ms, ...given] as never[]))
    }
  }
  return {
    setTimeout: setTimer(false, real.setTimeout as never) as typeof setTimeout,
    setInterval: setTimer(true, real.setInterval as never) as typeof setInterval,
    clearTimeout: clear(real.clearTimeout as never) as typeof clearTimeout,
    clearInterval: clear(real.clearInterval as never) as typeof clearInterval,
  }
}

function virtualTimer(clock: Clock, run: Callback, ms: number, given: unknown[], repeat: boolean): VirtualTimer {
  const timer = new VirtualTimer()
  // As Node has it: at least a millisecond.
  const stepMs = Math.max(1, Number(ms) || 1)
  const arm = (): void => {
    timer.cancel = clock.at(clock.now() + stepMs, () => {
      if (repeat) arm()
      run(...given)
    })
  }
  arm()
  return timer
}
