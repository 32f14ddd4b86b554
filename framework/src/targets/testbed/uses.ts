/**
 * The clients that a test uses itself. They belong to the process that runs when they are used: after a restart to the
 * new one. Operations that go into one commit must be made by the clients of one process.
 */
import type { Uses } from '../../plan/grant.ts'
import type { MortalProcess } from './process.ts'

export interface BedUses {
  readonly uses: Uses
  process(): MortalProcess
  /** Runs something in the time of the bed. */
  within<T>(run: () => T): T
}

type Method = (...given: unknown[]) => unknown

/** `make` makes the clients for the process that runs. */
export function bedUses(make: () => object, bed: BedUses): object {
  const made = new WeakMap<MortalProcess, Record<string, object>>()
  const clientsNow = (): Record<string, object> => {
    const process = bed.process()
    const clients = made.get(process) ?? ({ ...make() } as Record<string, object>)
    made.set(process, clients)
    return clients
  }
  const clients = Object.keys(bed.uses).map(name => [name, lasting(() => clientsNow()[name] ?? {}, bed)] as const)
  return Object.fromEntries(clients)
}

/** A client whose methods ask the one that there is now. */
function lasting(now: () => object, bed: BedUses): object {
  return new Proxy(now(), {
    get(_client, name) {
      const client = now()
      const member: unknown = Reflect.get(client, name, client)
      if (typeof member === 'function') return (...given: unknown[]) => called(bed, client, member as Method, given)
      return typeof member === 'object' && member !== null
        ? lasting(() => Reflect.get(now(), name) as object, bed)
        : member
    },
  })
}

/** A promise ends with the process; an operation is not begun before it is awaited. */
function called(bed: BedUses, client: object, method: Method, given: readonly unknown[]): unknown {
  const process = bed.process()
  process.requireAlive()
  const result = bed.within(() => method.apply(client, [...given]))
  return result instanceof Promise ? process.alive(result) : result
}
