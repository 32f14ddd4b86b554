/**
 * Watching: the live changes of tables, shared out to those who watch a key or a partition. One listener a table,
 * whatever the number of watchers.
 */
import { setMaxListeners } from 'node:events'
import { fault } from '../contract/problems.ts'
import type { Item, ItemChange, Key, Store } from '../contract/store.ts'

export interface Watching {
  /** The item now, then each newer state; states that come faster than they are taken are passed over. */
  states(table: string, key: Key, signal: AbortSignal): AsyncIterable<Item | undefined>
  /** Each change of the items with these attributes, from now on. */
  changes(table: string, partition: Key, signal: AbortSignal): AsyncIterable<ItemChange>
  close(): void
}

type Listener = (change: ItemChange) => void

interface Watched {
  readonly listeners: Map<string, Set<Listener>>
  stop(): void
}

export function watching(store: Store): Watching {
  const tables = new Map<string, Watched>()
  const watch = (table: string, key: Key, listener: Listener): (() => void) => {
    const watched = tables.get(table) ?? begin(store, table, tables)
    const name = JSON.stringify(key)
    const listeners = watched.listeners.get(name) ?? new Set()
    watched.listeners.set(name, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) watched.listeners.delete(name)
    }
  }
  return {
    states: (table, key, signal) => states(store, table, key, signal, watch),
    changes: (table, partition, signal) => changesOf(signal, listener => watch(table, partition, listener)),
    close() {
      for (const watched of tables.values()) watched.stop()
      tables.clear()
    },
  }
}

function begin(store: Store, table: string, tables: Map<string, Watched>): Watched {
  const listeners = new Map<string, Set<Listener>>()
  const tell = (name: string, change: ItemChange): void => {
    for (const listener of listeners.get(name) ?? []) listener(change)
  }
  const stop = store.onChange(table, change => {
    tell(JSON.stringify(change.key), change)
    const [[partition, value] = ['', '']] = Object.entries(change.key)
    if (Object.keys(change.key).length > 1) tell(JSON.stringify({ [partition]: value }), change)
  })
  const watched = { listeners, stop }
  tables.set(table, watched)
  return watched
}

type Watch = (table: string, key: Key, listener: Listener) => () => void

/**
 * Watchers end with their signal, also those whose reader is busy with something else for ever. Gives what ends it
 * before.
 */
function watched(signal: AbortSignal, bell: Bell, watch: () => () => void): () => void {
  if (signal.aborted) return () => {}
  const leave = watch()
  const stop = (): void => {
    leave()
    signal.removeEventListener('abort', stop)
    bell.ring()
  }
  // One call may watch any number of keys.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', stop, { once: true })
  return stop
}

async function* states(
  store: Store,
  table: string,
  key: Key,
  signal: AbortSignal,
  watch: Watch,
): AsyncIterable<Item | undefined> {
  const bell = new Bell(signal)
  // Listening begins before the first read, so that nothing falls between the two.
  let newest: ItemChange | undefined
  const stop = watched(signal, bell, () =>
    watch(table, key, change => {
      newest = change
      bell.ring()
    }),
  )
  try {
    const first = await store.get(table, key)
    if (!newest) yield first
    while (await bell.rung()) {
      const change: ItemChange | undefined = newest
      newest = undefined
      if (change) yield (change as ItemChange).after
    }
  } finally {
    stop()
  }
}

const mostWaiting = 10_000

/** Listening begins now, not with the first read. */
function changesOf(signal: AbortSignal, watch: (listener: Listener) => () => void): AsyncIterable<ItemChange> {
  const bell = new Bell(signal)
  const waiting: ItemChange[] = []
  let lost = false
  const stop = watched(signal, bell, () =>
    watch(change => {
      if (waiting.length < mostWaiting) waiting.push(change)
      else lost = true
      bell.ring()
    }),
  )
  const read = async function* (): AsyncGenerator<ItemChange> {
    try {
      while (await bell.rung()) {
        yield* waiting.splice(0)
        if (lost) throw fault('overloaded', `a reader of changes is more than ${mostWaiting} changes behind`)
      }
    } finally {
      stop()
    }
  }
  return read()
}

/** Wakes one waiting reader; rings before it waits are remembered. Whoever watches rings it at the end, too. */
class Bell {
  readonly #signal: AbortSignal
  #rings = false
  #wake: (() => void) | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  ring(): void {
    this.#rings = true
    this.#wake?.()
  }

  /** False when the signal has aborted. */
  async rung(): Promise<boolean> {
    if (!this.#rings && !this.#signal.aborted) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    this.#rings = false
    return !this.#signal.aborted
  }
}
