/**
 * Lines before items: who is about to change an item reads it first, and somebody else must not change it meanwhile.
 * DynamoDB finds that out; within one process it need not come to that.
 */
export class Lines {
  readonly #tails = new Map<string, Promise<void>>()

  /** Runs the work once all that was asked for the same items before has ended. Stands in all lines at once: no circles. */
  async behind<T>(items: readonly string[], work: () => Promise<T>): Promise<T> {
    const ahead = items.map(item => this.#tails.get(item))
    let end = (): void => {}
    const ended = new Promise<void>(resolve => {
      end = resolve
    })
    for (const item of items) this.#tails.set(item, ended)
    try {
      await Promise.all(ahead)
      return await work()
    } finally {
      end()
      for (const item of items) if (this.#tails.get(item) === ended) this.#tails.delete(item)
    }
  }
}
