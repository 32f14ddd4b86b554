/**
 * The end of each exchange: answers and refusals are written, what failed is reported, and what runs is counted.
 */
import type { Clock } from '../../contract/clock.ts'
import type { Answer } from '../../runtime/door.ts'
import { refusalOf } from '../../runtime/refusals.ts'
import { apiDefaults, type HeaderList } from '../headers.ts'
import { sendAnswer, sendProblem } from './answers.ts'
import type { NodeAsked } from './asked.ts'
import type { Exchange, NodeExchange } from './exchange.ts'
import { unread } from './files.ts'
import { endingOf, Rest } from './linger.ts'
import type { Refused } from './target.ts'

export class Responder {
  readonly #clock: Clock
  readonly #report: (error: unknown) => void
  readonly #streams = new Set<NodeAsked>()
  #running = 0
  #closing = false

  constructor(clock: Clock, report: (error: unknown) => void) {
    this.#clock = clock
    this.#report = report
  }

  /** Exchanges that have begun and not ended. */
  get running(): number {
    return this.#running
  }

  /** From now on every answer ends its connection, and streams end. */
  close(): void {
    this.#closing = true
    for (const asked of this.#streams) asked.leave()
  }

  began(): void {
    this.#running += 1
  }

  /** Counts once, however often it is said. */
  ended(exchange: Exchange): void {
    if (exchange.over) return
    exchange.over = true
    exchange.request.settled()
    this.#running -= 1
    exchange.connection?.ended()
  }

  /** Ends the exchange when somebody else has written its answer. */
  endedByItself(exchange: NodeExchange): void {
    if (this.#closing && !exchange.response.headersSent) exchange.response.shouldKeepAlive = false
    if (exchange.response.closed) this.ended(exchange)
    else exchange.response.once('close', () => this.ended(exchange))
  }

  answer(exchange: Exchange, asked: NodeAsked, answer: Answer): void {
    if (this.#closing) exchange.response.shouldKeepAlive = false
    if (exchange.gone) this.#whenDone(exchange, unread(answer))
    else if (answer.kind === 'events') this.#whenDone(exchange, this.#stream(exchange, asked, answer))
    else this.#whenDone(exchange, sendAnswer(exchange, answer, this.#clock))
  }

  /** Refuses, whether or not the body has been read. */
  refuse(exchange: Exchange, { code, detail, headers: more = [] }: Refused): void {
    const { request, response } = exchange
    if (exchange.gone) {
      this.ended(exchange)
      return
    }
    const answer = refusalOf(code, detail)
    if (this.#closing) response.shouldKeepAlive = false
    if (endingOf(exchange, code) === 'now') {
      this.#whenDone(exchange, sendProblem(exchange, answer, more))
      return
    }
    const text = JSON.stringify(answer.problem)
    const head = exchange.head(apiDefaults, answer.headers)
    head.push(...more, 'Content-Type', 'application/problem+json', 'Content-Length', String(Buffer.byteLength(text)))
    response.writeHead(answer.status, head)
    response.write(text)
    request.sink = new Rest(() => response.end())
    request.socket.resume()
    this.ended(exchange)
  }

  empty(exchange: Exchange, headers: HeaderList): void {
    const head = exchange.head(apiDefaults, {})
    head.push(...headers)
    if (this.#closing) exchange.response.shouldKeepAlive = false
    exchange.response.writeHead(204, head)
    exchange.response.end()
    this.ended(exchange)
  }

  /** What should not have happened: reported, and said without a detail where that is still possible. */
  failed(exchange: Exchange, error: unknown): void {
    const { response } = exchange
    this.ended(exchange)
    if (isGone(error)) return
    this.#report(error)
    if (exchange.gone || response.writableEnded) return
    if (response.headersSent) {
      // What was begun cannot be completed: the client must see that it is cut off.
      response.destroy()
      return
    }
    response.shouldKeepAlive = false
    const { status, problem } = refusalOf('handler-failed', '')
    const text = JSON.stringify(problem)
    const length = String(Buffer.byteLength(text))
    const about = ['Content-Type', 'application/problem+json', 'Content-Length', length]
    response.writeHead(status, [...apiDefaults, ...about])
    response.end(text)
  }

  /** Ends the exchange when its answer, however it is written, has been. */
  #whenDone(exchange: Exchange, written: Promise<void> | undefined): void {
    if (written === undefined) this.ended(exchange)
    else
      written.then(
        () => this.ended(exchange),
        error => this.failed(exchange, error),
      )
  }

  #stream(exchange: Exchange, asked: NodeAsked, answer: Extract<Answer, { kind: 'events' }>): Promise<void> {
    if (this.#closing) asked.leave()
    this.#streams.add(asked)
    const sent = Promise.resolve(sendAnswer(exchange, answer, this.#clock))
    return sent.finally(() => this.#streams.delete(asked))
  }
}

/** Whether an answer could not be written because nobody was there to read it. */
function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE'
}
