/**
 * Sends sales, each under a key of its own, until the server has said what became of it: however often one is sent, it is
 * one sale. What is under way is noted in the tab's own storage, so that a reload loses none.
 */
import type { CounterClient } from '@systems/counter/client'
import { ClientError } from 'groundplan/client'
import type { StockEvent } from './stock.ts'

/** Why a sale was taken back. */
export interface Refusal {
  readonly code: string
  readonly detail: string
  readonly trace?: string | undefined
}

export interface TillEvents {
  stock(event: StockEvent): void
  refused(refusal: Refusal): void
}

const noteName = 'groundplan.counter.sales'
/** The server forgets keys after a day; what is older cannot be sent again safely. */
const lastsMs = 20 * 3_600_000
const firstPauseMs = 500
const longestPauseMs = 8_000

interface Note {
  readonly key: string
  readonly atMs: number
}

export class Till {
  readonly #client: CounterClient
  readonly #storage: Storage
  readonly #events: TillEvents
  readonly #closing = new AbortController()
  #notes: readonly Note[] = []
  #waiting: readonly string[] = []
  #pauseMs = firstPauseMs
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: CounterClient, storage: Storage, events: TillEvents) {
    this.#client = client
    this.#storage = storage
    this.#events = events
  }

  /** Takes up what a reload interrupted. */
  open(): void {
    const sinceMs = Date.now() - lastsMs
    this.#notes = notesIn(this.#storage.getItem(noteName)).filter(({ atMs }) => atMs > sinceMs)
    for (const { key } of this.#notes) this.#begin(key)
  }

  sell(): void {
    const key = newKey()
    this.#note([...this.#notes, { key, atMs: Date.now() }])
    this.#begin(key)
  }

  /** The server is there again: what waits is sent now. */
  resume(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pauseMs = firstPauseMs
    const keys = this.#waiting
    this.#waiting = []
    for (const key of keys) {
      this.#events.stock({ kind: 'resumed' })
      void this.#send(key)
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#closing.abort()
  }

  #begin(key: string): void {
    this.#events.stock({ kind: 'sending' })
    void this.#send(key)
  }

  async #send(key: string): Promise<void> {
    const { signal } = this.#closing
    try {
      const reply = await this.#client.sell({ once: key }, { timeout: '8 seconds', signal })
      this.#done(key)
      if (reply.ok) this.#events.stock({ kind: 'sold', left: reply.value.left })
      else this.#refuse({ code: reply.problem.code, detail: reply.problem.detail ?? '' })
    } catch (error) {
      if (signal.aborted) return
      if (isPassing(error)) this.#delay(key)
      else {
        this.#done(key)
        this.#refuse(refusalOf(error))
      }
    }
  }

  #refuse(refusal: Refusal): void {
    this.#events.stock({ kind: 'refused' })
    this.#events.refused(refusal)
  }

  #delay(key: string): void {
    this.#waiting = [...this.#waiting, key]
    this.#events.stock({ kind: 'delayed' })
    this.#timer ??= setTimeout(() => {
      const pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs)
      this.resume()
      this.#pauseMs = pauseMs
    }, this.#pauseMs)
  }

  #done(key: string): void {
    this.#note(this.#notes.filter(note => note.key !== key))
  }

  #note(notes: readonly Note[]): void {
    this.#notes = notes
    this.#storage.setItem(noteName, JSON.stringify(notes))
  }
}

/** Whether the same sale may succeed later: nobody answered, or somebody asked to come back. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false
  const { status, code } = error
  return status === undefined || [429, 502, 503, 504].includes(status) || code === 'call-in-flight'
}

/** The trace of what nobody foresaw; the words are ours. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ClientError)) return { code: 'unexpected', detail: 'Something went wrong in this page' }
  return { code: error.code, detail: error.detail ?? 'The server could not do it', trace: error.trace }
}

function notesIn(text: string | null): readonly Note[] {
  try {
    const notes: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(notes) ? notes.filter(isNote) : []
  } catch {
    return [] // somebody else's
  }
}

function isNote(note: unknown): note is Note {
  if (typeof note !== 'object' || note === null || !('key' in note) || !('atMs' in note)) return false
  return typeof note.key === 'string' && typeof note.atMs === 'number'
}

/** 128 random bits. `crypto.randomUUID` is not there on pages without TLS. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}
