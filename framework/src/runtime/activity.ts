/**
 * Activity: what is running at this moment, by name, so that a stop can wait for it and the testbed can tell when all
 * is still.
 */

/** Something that runs. */
export interface Active {
  readonly name: string
}

export interface Activity {
  /** Something began; call the result once when it has ended. */
  begin(name: string): () => void
  /** The same for something that is there already. `leave` tells whether it was running. */
  enter(active: Active): void
  leave(active: Active): boolean
  readonly count: number
  names(): readonly string[]
  /** Resolves when nothing runs. */
  idle(): Promise<void>
}

export function activity(): Activity {
  const running = new Set<Active>()
  const waiting: (() => void)[] = []
  const leave = (active: Active): boolean => {
    const left = running.delete(active)
    if (left && running.size === 0 && waiting.length > 0) for (const wake of waiting.splice(0)) wake()
    return left
  }
  return {
    begin(name) {
      const entry = { name }
      running.add(entry)
      return () => void leave(entry)
    },
    enter: active => void running.add(active),
    leave,
    get count() {
      return running.size
    },
    names: () => [...running].map(({ name }) => name),
    idle: () => (running.size === 0 ? Promise.resolve() : new Promise(resolve => waiting.push(resolve))),
  }
}
