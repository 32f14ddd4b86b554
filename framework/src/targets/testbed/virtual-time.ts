/**
 * Virtual time for handlers and the libraries they use: inside a bed, `Date` and timers (also those of `node:timers` and
 * `node:timers/promises`, and `AbortSignal.timeout`) follow the bed's clock. Which bed is read through
 * AsyncLocalStorage, so that beds run side by side; outside of all beds nothing changes. The globals are replaced while
 * at least one bed is open.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers'
import later from 'node:timers/promises'
import { promisify } from 'node:util'
import { promisedTimers, virtualSignal } from './virtual-promises.ts'
import { type HandlersClock, VirtualTimer } from './virtual-timer.ts'

export interface VirtualTime {
  /** Runs something in the time of a clock. */
  within<T>(clock: HandlersClock, run: () => T): T
  /** Runs something in no bed's time: what speaks with the network, whose time is not ours. */
  outside<T>(run: () => T): T
  /** Gives the globals back when the last user is gone. */
  release(): void
}

type Clocks = AsyncLocalStorage<HandlersClock | undefined>

interface Patched {
  readonly clocks: Clocks
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
    outside: run => patched.clocks.run(undefined, run),
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
  const clocks: Clocks = new AsyncLocalStorage()
  const promised = promisedTimers(clocks, later)
  const restores = [
    replace(globalThis, { Date: dateOf(clocks, Date), ...timersOf(clocks, globalThis, promised.setTimeout) }),
    replace(timers, timersOf(clocks, timers, promised.setTimeout)),
    replace(later, { setTimeout: promised.setTimeout, setInterval: promised.setInterval }),
    replace(later.scheduler, { wait: promised.wait }),
    replace(AbortSignal, { timeout: virtualSignal(clocks, AbortSignal.timeout) }),
  ]
  // Whoever imported a timer by its name sees the new one.
  syncBuiltinESMExports()
  const restore = (): void => {
    for (const each of restores) each()
    syncBuiltinESMExports()
    // Otherwise every promise of the process would go on paying for it.
    clocks.disable()
  }
  return { clocks, users: 0, restore }
}

/** Replaces members of an object; gives what puts them back, own or inherited as they were. */
function replace(object: object, members: object): () => void {
  const before = Object.keys(members).map(name => [name, Object.getOwnPropertyDescriptor(object, name)] as const)
  Object.assign(object, members)
  return () => {
    for (const [name, own] of before) {
      if (own) Object.defineProperty(object, name, own)
      else Reflect.deleteProperty(object, name)
    }
  }
}

function dateOf(clocks: Clocks, RealDate: DateConstructor): DateConstructor {
  const virtual: DateConstructor = new Proxy(RealDate, {
    construct(target, given, newTarget) {
      const clock = clocks.getStore()
      const args = given.length === 0 && clock ? [clock.now()] : given
      // The usual case, at a third of the price.
      if (newTarget === virtual && args.length === 1) return new target(args[0])
      return Reflect.construct(target, args, newTarget === virtual ? target : newTarget) as object
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
  return virtual
}

type Timers = Pick<typeof globalThis, 'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval'>
type Callback = (...given: unknown[]) => void

/** `promised`: what `promisify(setTimeout)` gives. */
function timersOf(clocks: Clocks, real: Timers, promised: unknown): Timers {
  const clear = (original: (timer?: never) => void) => (timer?: unknown) => {
    if (timer instanceof VirtualTimer) timer.close()
    else original(timer as never)
  }
  const setTimer = (repeat: boolean, original: (...given: never[]) => unknown) => {
    return (run: Callback, ms?: number, ...given: unknown[]): unknown => {
      const clock = clocks.getStore()
      if (!clock) return original(...([run, ms, ...given] as never[]))
      return new VirtualTimer(clock, () => run(...given), ms, repeat)
    }
  }
  const setTimeout = setTimer(false, real.setTimeout as never)
  Object.defineProperty(setTimeout, promisify.custom, { enumerable: true, get: () => promised })
  return {
    setTimeout: setTimeout as typeof globalThis.setTimeout,
    setInterval: setTimer(true, real.setInterval as never) as typeof setInterval,
    clearTimeout: clear(real.clearTimeout as never) as typeof clearTimeout,
    clearInterval: clear(real.clearInterval as never) as typeof clearInterval,
  }
}
