/**
 * The timers of `node:timers/promises`, and `AbortSignal.timeout`, on the clock of a bed.
 */
import type { AsyncLocalStorage } from 'node:async_hooks'
import { type HandlersClock, VirtualTimer } from './virtual-timer.ts'

type Later = typeof import('node:timers/promises')
type Clocks = AsyncLocalStorage<HandlersClock | undefined>
interface Options {
  readonly signal?: AbortSignal
}

export interface PromisedTimers {
  readonly setTimeout: Later['setTimeout']
  readonly setInterval: Later['setInterval']
  readonly wait: Later['scheduler']['wait']
}

export function promisedTimers(clocks: Clocks, { setTimeout, setInterval, scheduler }: Later): PromisedTimers {
  const wait = scheduler.wait.bind(scheduler)
  return {
    // The types are those of what is replaced.
    setTimeout: ((ms?: number, value?: unknown, options: Options = {}) => {
      const clock = clocks.getStore()
      return clock ? passed(clock, ms, value, options) : setTimeout(ms, value, options)
    }) as Later['setTimeout'],
    setInterval: ((ms?: number, value?: unknown, options: Options = {}) => {
      const clock = clocks.getStore()
      return clock ? passing(clock, ms, value, options) : setInterval(ms, value, options)
    }) as Later['setInterval'],
    wait: (ms, options = {}) => {
      const clock = clocks.getStore()
      return clock ? passed(clock, ms, undefined, options as Options) : wait(ms, options)
    },
  }
}

function passed<T>(clock: HandlersClock, ms: number | undefined, value: T, { signal }: Options): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(signal))
    const give = (): void => {
      signal?.removeEventListener('abort', leave)
      resolve(value)
    }
    const timer = new VirtualTimer(clock, give, ms, false)
    const leave = (): void => {
      timer.close()
      reject(aborted(signal))
    }
    signal?.addEventListener('abort', leave, { once: true })
  })
}

async function* passing<T>(
  clock: HandlersClock,
  ms: number | undefined,
  value: T,
  options: Options,
): AsyncGenerator<T> {
  for (;;) yield await passed(clock, ms, value, options)
}

/** As Node has it. */
function aborted(signal: AbortSignal | undefined): Error {
  const error = new Error('The operation was aborted', { cause: signal?.reason })
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' })
}

export function virtualSignal(clocks: Clocks, real: typeof AbortSignal.timeout): typeof AbortSignal.timeout {
  return ms => {
    const clock = clocks.getStore()
    if (!clock) return real.call(AbortSignal, ms)
    const controller = new AbortController()
    const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
    new VirtualTimer(clock, () => controller.abort(late), ms, false)
    return controller.signal
  }
}
