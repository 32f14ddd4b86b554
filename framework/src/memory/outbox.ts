/** The outbox of a memory store: messages in the order of their commits, until they are forgotten. */
import type { NewMessage } from '../contract/queue.ts'
import type { Outbox, OutboxEntry } from '../contract/store.ts'

export class MemoryOutbox implements Outbox {
  readonly #entries = new Map<string, OutboxEntry>()
  readonly #listeners = new Set<() => void>()
  #positions = 0

  add(messages: readonly NewMessage[]): void {
    if (messages.length === 0) return
    for (const message of messages) {
      const position = String(++this.#positions)
      this.#entries.set(position, { position, message: copyOf(message) })
    }
    for (const listener of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener()
      })
    }
  }

  async peek(max: number): Promise<readonly OutboxEntry[]> {
    const entries: OutboxEntry[] = []
    for (const entry of this.#entries.values()) {
      if (entries.length >= max) break
      entries.push(entry)
    }
    return entries
  }

  async forget(positions: readonly string[]): Promise<void> {
    for (const position of positions) this.#entries.delete(position)
  }

  onEntry(listener: () => void): () => void {
    // Two subscriptions of one function are two subscriptions.
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }
}

function copyOf(message: NewMessage): NewMessage {
  const copy = message.headers ? { ...message, headers: Object.freeze({ ...message.headers }) } : { ...message }
  return Object.freeze(copy)
}
