/**
 * A process that can die: drivers behind a line that can be cut. Each operation on an engine has two points where a
 * process may be killed: before it, when nothing has happened, and after it, when it has happened and nobody was told.
 * Once dead, nothing comes back from the engines any more, no timer fires, and what waited for a message takes none;
 * what was kept is there for the next process.
 */
import { setMaxListeners } from 'node:events'
import type { Clock } from '../../contract/clock.ts'
import type { Drivers } from '../../contract/drivers.ts'
import { mortalDatabases } from './databases.ts'
import type { RealInput } from './real-input.ts'

export class ProcessDied extends Error {
  override readonly name = 'ProcessDied'

  constructor(message = 'the process died') {
    super(message)
  }
}

export interface MortalProcess {
  readonly drivers: Drivers
  /** Points passed so far. */
  readonly points: number
  /** Operations so far that were more than looks: no handler is given anything to do without one. */
  readonly deeds: number
  readonly dead: boolean
  /** Rejects with `ProcessDied` when the process dies before the work is done. */
  alive<T>(work: T | PromiseLike<T>): Promise<T>
  /** Throws `ProcessDied`. */
  requireAlive(): void
  /** Dies at the point after so many more. 0: the next one. */
  dieAt(point: number): void
  die(): void
}

type Line = Omit<MortalProcess, 'drivers' | 'alive' | 'requireAlive'> & {
  /** Passes a point. False: the process is dead, by now at least. */
  pass(): boolean
  did(): void
  readonly cut: AbortSignal
}

export function mortalProcess(drivers: Drivers, input: RealInput): MortalProcess {
  const line = newLine()
  const behind = <T extends object>(engine: T): T => cuttable(engine, line)
  const mortal: Drivers = {
    ...drivers,
    clock: mortalClock(drivers.clock, line),
    store: cuttable(drivers.store, line, { outbox: behind(drivers.store.outbox) }),
    queues: cuttable(drivers.queues, line, { receive: receiving(drivers, line) }),
    schedules: behind(drivers.schedules),
    buckets: behind(drivers.buckets),
    databases: mortalDatabases({
      databases: drivers.databases,
      through: operate => throughPoints(line, operate),
      alive: work => whileAlive(line.cut, work),
      input,
    }),
    vault: behind(drivers.vault),
    mail: behind(drivers.mail),
    close: async () => {},
  }
  return {
    drivers: mortal,
    get points() {
      return line.points
    },
    get deeds() {
      return line.deeds
    },
    get dead() {
      return line.dead
    },
    alive: work => whileAlive(line.cut, work),
    requireAlive() {
      if (line.dead) throw new ProcessDied()
    },
    dieAt: line.dieAt,
    die: line.die,
  }
}

function whileAlive<T>(cut: AbortSignal, work: T | PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const died = (): void => reject(new ProcessDied())
    if (cut.aborted) died()
    cut.addEventListener('abort', died, { once: true })
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => cut.removeEventListener('abort', died))
  })
}

function newLine(): Line {
  let points = 0
  let deeds = 0
  let fatal = Number.POSITIVE_INFINITY
  let dead = false
  const cut = new AbortController()
  // Everything that a process waits for listens: no number of them is a leak.
  setMaxListeners(0, cut.signal)
  const die = (): void => {
    dead = true
    cut.abort()
  }
  return {
    get points() {
      return points
    },
    get deeds() {
      return deeds
    },
    get dead() {
      return dead
    },
    cut: cut.signal,
    die,
    dieAt(point) {
      fatal = points + point
    },
    did() {
      deeds++
    },
    pass() {
      if (!dead && points === fatal) die()
      points++
      return !dead
    },
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}

type Method = (...given: unknown[]) => unknown

/** Operations that change nothing and hand nothing out. */
const looks: ReadonlySet<string> = new Set(['counts', 'count', 'get', 'getMany', 'last'])

/** The same engine, with a point before and after each operation that gives a promise. */
function cuttable<T extends object>(engine: T, line: Line, instead: Partial<T> = {}): T {
  // By what they were made of: a test may put another method in its place.
  const made = new WeakMap<Method, Method>()
  const methodOf = (name: string | symbol, member: Method): Method => {
    const isLook = looks.has(String(name))
    const method: Method = (...given) => {
      if (!isLook) line.did()
      return operated(engine, member, given, line)
    }
    made.set(member, method)
    return method
  }
  return new Proxy(engine, {
    get(target, name) {
      if (name in instead) return instead[name as keyof T]
      const member = Reflect.get(target, name, target) as unknown
      return typeof member === 'function' ? (made.get(member as Method) ?? methodOf(name, member as Method)) : member
    },
  })
}

/** Listening is not an operation on the engine, but a dead process hears nothing. */
function operated(engine: object, method: Method, given: unknown[], line: Line): unknown {
  const last = given.at(-1)
  const listening = typeof last === 'function'
  if (listening) {
    const heard = (...told: unknown[]): void => {
      if (!line.dead) (last as Method)(...told)
    }
    return method.apply(engine, [...given.slice(0, -1), heard])
  }
  return throughPoints(line, () => method.apply(engine, given))
}

function throughPoints<T>(line: Line, operate: () => T | Promise<T>): Promise<T> {
  if (!line.pass()) return never()
  const done = (result: T): T | Promise<T> => (line.pass() ? result : never())
  const failed = (error: unknown): Promise<never> => (line.pass() ? Promise.reject(error) : never())
  try {
    const result = operate()
    return result instanceof Promise ? result.then(done, failed) : Promise.resolve(done(result))
  } catch (error) {
    return failed(error)
  }
}

/** Waiting for a message ends with the process, so that it takes none with it. */
function receiving({ queues }: Drivers, line: Line): Drivers['queues']['receive'] {
  return async (queue, options) => {
    const signal = AbortSignal.any([options.signal, line.cut])
    const messages = await queues.receive(queue, { ...options, signal })
    line.did()
    if (line.dead) return never()
    return messages.length === 0 || line.pass() ? messages : never()
  }
}

function mortalClock(clock: Clock, line: Line): Clock {
  return {
    now: () => clock.now(),
    at: (atMs, run) =>
      clock.at(atMs, () => {
        if (!line.dead) run()
      }),
  }
}
