/**
 * Server-sent events: one `data:` for each event, and a comment every 15 seconds, so that nothing between takes
 * the connection for dead. Events are asked for as fast as the client reads them. The stream ends with
 * the events, or when the client goes.
 */
import type { ServerResponse } from 'node:http'
import type { Clock } from '../../contract/clock.ts'
import type { Answer } from '../../runtime/door.ts'
import { apiDefaults } from '../headers.ts'
import type { NodeExchange } from './exchange.ts'

type EventsAnswer = Extract<Answer, { kind: 'events' }>

export const heartbeatMs = 15_000

/** What a browser waits before it connects again, and a first line that makes proxies pass the stream on. */
const opening = 'retry: 1000\n\n'

const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // nginx holds answers back otherwise.
  'X-Accel-Buffering': 'no',
}

/** Sends events until there are no more or the client goes. Rejects when the events do. */
export async function sendEvents(
  exchange: NodeExchange,
  { events, headers, status }: EventsAnswer,
  clock: Clock,
): Promise<void> {
  const { request, response } = exchange
  response.writeHead(status, exchange.head(apiDefaults, { ...headers, ...streamHeaders }))
  const iterator = events[Symbol.asyncIterator]()
  if (request.method === 'HEAD') {
    response.end()
    await iterator.return?.()
    return
  }
  response.write(opening)
  const still = heartbeat(response, clock)
  try {
    for (let next = await iterator.next(); !next.done && !exchange.gone; next = await iterator.next()) {
      if (!response.write(eventText(next.value))) await drained(response)
    }
  } finally {
    still()
    response.end()
    await iterator.return?.()
  }
}

/** JSON has no line breaks of its own; text that has is split as the format asks. */
function eventText(json: string): string {
  return `data: ${json.includes('\n') ? json.replaceAll(/\r?\n/g, '\ndata: ') : json}\n\n`
}

/** A comment each time; the result stops it. */
function heartbeat(response: ServerResponse, clock: Clock): () => void {
  const beat = (): void => {
    // Somebody who does not read what there is needs no more of it.
    if (!response.writableNeedDrain) response.write(':\n\n')
    cancel = clock.at(clock.now() + heartbeatMs, beat)
  }
  let cancel = clock.at(clock.now() + heartbeatMs, beat)
  return () => cancel()
}

/** Resolves when the client has read, or gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    if (response.destroyed) {
      resolve()
      return
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
