/**
 * Server-sent events as an async iterable. The connection is made again when it breaks, when the service ends it, and
 * when nothing, not even a comment, has come for three heartbeats.
 */
import { backOff, pause } from './waiting.ts'

/** Connects; rejects when it is refused for good. */
export type Connect = (signal: AbortSignal) => Promise<Response>

const silentMs = 45_000
const firstWaitMs = 1_000
const longestWaitMs = 30_000

/**
 * The events from a first answer on, and from those that follow. Ends when the reader stops; rejects when the signal
 * aborts or a connection is refused.
 */
export async function* eventsOf(first: Response, connect: Connect, signal: AbortSignal): AsyncGenerator<unknown> {
  let response = first
  let waitMs = firstWaitMs
  for (let attempt = 0; ; attempt++) {
    const reading = readingOf(response, signal)
    try {
      for await (const { data, retryMs } of reading) {
        waitMs = retryMs ?? waitMs
        if (data === undefined) continue
        attempt = 0
        yield JSON.parse(data)
      }
    } catch (error) {
      if (signal.aborted || error instanceof SyntaxError) throw error
    }
    await pause(backOff(attempt, waitMs, longestWaitMs), signal)
    response = await connect(signal)
  }
}

export interface Part {
  readonly data?: string
  readonly retryMs?: number
}

/** The events of one connection. */
async function* readingOf(response: Response, signal: AbortSignal): AsyncGenerator<Part> {
  if (!response.body) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  const stop = (): void => void reader.cancel(signal.reason).catch(() => {})
  signal.addEventListener('abort', stop, { once: true })
  const parser = new EventParser()
  try {
    for (let next = await heard(reader); !next.done; next = await heard(reader)) yield* parser.take(next.value)
    signal.throwIfAborted()
  } finally {
    signal.removeEventListener('abort', stop)
    await reader.cancel().catch(() => {})
  }
}

type Piece = { readonly done: true } | { readonly done: false; readonly value: string }

/** The next piece; the end, when nothing comes for too long. */
async function heard(reader: ReadableStreamDefaultReader<string>): Promise<Piece> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<Piece>(resolve => {
    timer = setTimeout(() => resolve({ done: true }), silentMs)
  })
  try {
    return await Promise.race([reader.read() as Promise<Piece>, silence])
  } finally {
    clearTimeout(timer)
  }
}

/** Reads the format of server-sent events from pieces of text, however they are cut. */
export class EventParser {
  #rest = ''
  #data: string[] = []

  take(piece: string): readonly Part[] {
    // A line may end in CR LF: a CR at the end of a piece waits for what follows.
    const text = this.#rest + piece
    const held = text.endsWith('\r') ? '\r' : ''
    const lines = text.slice(0, text.length - held.length).split(/\r\n|\r|\n/)
    this.#rest = (lines.pop() ?? '') + held
    return lines.flatMap(line => this.#line(line) ?? [])
  }

  #line(line: string): Part | undefined {
    if (line === '') return this.#event()
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (field === 'data') this.#data.push(value)
    return field === 'retry' && /^\d+$/.test(value) ? { retryMs: Number(value) } : undefined
  }

  #event(): Part | undefined {
    const data = this.#data
    this.#data = []
    return data.length === 0 ? undefined : { data: data.join('\n') }
  }
}
