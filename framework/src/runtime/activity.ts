/**
 * Activity: what is running at this moment, by name, so that a stop can wait for it and the testbed can tell when all
 * is still.
 */

export interface Activity {
  /** Something began; call the result once when it has ended. */
  begin(name: string): () => void
  readonly count: number
  names(): readonly string[]
  /** Resolves when nothing runs. */
  idle(): Promise<void>
}

export function activity(): Activity {
  const running = new Set<{ readonly name: string }>()
  let waiting: (() => void)[] = []
  const ended = (entry: { readonly name: string }): void => {
    if (!running.delete(entry) || running.size > 0) return
    const wake = waiting
    waiting = []
    for (const each of wake) each()
  }
  return {
    begin(name) {
      const entry = { name }
      running.add(entry)
      return () => ended(entry)
    },
    get count() {
      return running.size
    },
    names: () => [...running].map(({ name }) => name),
    idle: () => (running.size === 0 ? Promise.resolve() : new Promise(resolve => waiting.push(resolve))),
  }
}
