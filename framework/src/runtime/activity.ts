/**
 * Activity: what is running at this moment, by name, so that a stop can wait for it and the testbed can tell when all
 * is still.
 */
import { type Placed, Roll } from './roll.ts'

/** Something that runs. */
export interface Active {
  readonly name: string
}

export interface Activity {
  /** Something began; call the result once when it has ended. */
  begin(name: string): () => void
  /** A call has left the roll: tells those who wait until all is still. */
  left(): void
  readonly count: number
  names(): readonly string[]
  /** Resolves when nothing runs. */
  idle(): Promise<void>
}

/** `calls`: the calls that run, which come and go too fast to be told one by one. */
export function activity(calls: Roll<Active & Placed>): Activity {
  const running = new Roll<Active & Placed>()
  const waiting: (() => void)[] = []
  const left = (): void => {
    if (waiting.length > 0 && running.size + calls.size === 0) for (const wake of waiting.splice(0)) wake()
  }
  return {
    begin(name) {
      const entry = { name, place: -1 }
      running.add(entry)
      return () => {
        running.remove(entry)
        left()
      }
    },
    left,
    get count() {
      return running.size + calls.size
    },
    names: () => [...running.all(), ...calls.all()].map(({ name }) => name),
    idle: () => (running.size + calls.size === 0 ? Promise.resolve() : new Promise(resolve => waiting.push(resolve))),
  }
}
