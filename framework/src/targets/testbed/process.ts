/**
 * A process that can die: drivers behind a line that can be cut. Each operation on an engine has two points where a
 * process may be killed: before it, when nothing has happened, and after it, when it has happened and nobody was told.
 * Once dead, nothing comes back from the engines any more, no timer fires, and what waited for a message takes none;
 * what was kept is there for the next process.
 */
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
  let fatal = Number.POSITIVE_INFINITY
  const cut = new AbortController()
  const die = (): void => cut.abort()
  return {
    get points() {
      return points
    },
    get dead() {
      return cut.signal.aborted
    },
    cut: cut.signal,
    die,
    dieAt(point) {
      fatal = points + point
    },
    pass() {
      if (!cut.signal.aborted && points === fatal) die()
      points++
      return !cut.signal.aborted
    },
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}

type Method = (...given: unknown[]) => unknown

/** The same engine, with a point before and after each operation that gives a promise. */
function cuttable<T extends object>(engine: T, line: Line, instead: Partial<T> = {}): T {
  return new Proxy(engine, {
    get(target, name) {
      if (name in instead) return instead[name as keyof T]
      const member = Reflect.get(target, name, target) as unknown
      if (typeof member !== 'function') return member
      return (...given: unknown[]) => operated(target, member as Method, given, line)
    },
  })
}

/** Listening is not an operation on the engine, but a dead process hears nothing. */
function operated(engine: object, method: Method, given: readonly unknown[], line: Line): unknown {
  const [last] = given.slice(-1)
  const listening = typeof last === 'function'
  if (listening) {
    const heard = (...told: unknown[]): void => {
      if (!line.dead) (last as Method)(...told)
    }
    return method.apply(engine, [...given.slice(0, -1), heard])
  }
  return throughPoints(line, () => method.apply(engine, [...given]))
}

async function throughPoints<T>(line: Line, operate: () => T | Promise<T>): Promise<T> {
  if (!line.pass()) return never()
  let result: T
  try {
    result = await operate()
  } catch (error) {
    return line.pass() ? Promise.reject(error) : never()
  }
  return line.pass() ? result : never()
}

/** Waiting for a message ends with the process, so that it takes none with it. */
function receiving({ queues }: Drivers, line: Line): Drivers['queues']['receive'] {
  return async (queue, options) => {
    const signal = AbortSignal.any([options.signal, line.cut])
    const messages = await queues.receive(queue, { ...options, signal })
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
