/**
 * Streams: the events of an endpoint with `returns: stream(…)`, each parsed and written before it leaves. Opening one
 * takes the time of any call; then the call lasts until its reader goes away, the process stops, or an hour: a client
 * connects again by itself.
 */
import { setMaxListeners } from 'node:events'
import { fault } from '../contract/problems.ts'
import { isProblem } from '../plan/problem.ts'
import { answerOf } from './answers.ts'
import { execute, type RunningCall } from './call.ts'
import { issuesText } from './clients/reading.ts'
import type { Answer } from './door.ts'
import type { BoundEndpoint } from './endpoints.ts'
import { isOurs } from './refusals.ts'

const longestMs = 3_600_000

/** Runs a call whose answer is a stream: resolves when it is open, and goes on until it is over. */
export function streamed(bound: BoundEndpoint, call: RunningCall, open: () => Promise<unknown>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let isOpen = false
    const run = async (): Promise<void> => {
      const given = await open()
      if (isProblem(given)) return resolve(answerOf(bound, given))
      const { events, over } = eventsOf(bound, call, iteratorOf(bound, given))
      isOpen = true
      call.lastUntilEnded()
      resolve({ kind: 'events', status: 200, events, headers: {} })
      await over
    }
    execute(call, run).catch(error => {
      if (!isOpen) reject(error)
      else if (isOurs(error)) call.log.error(`${call.name} failed`, { error })
    })
  })
}

function iteratorOf({ service, name }: BoundEndpoint, given: unknown): AsyncIterator<unknown> {
  const events = given as Partial<AsyncIterable<unknown>> | undefined
  const begin = events?.[Symbol.asyncIterator]
  if (begin) return begin.call(events)
  throw fault('answer-invalid', `${service}/${name} must give an async iterable`)
}

interface Events {
  /** JSON of each event. Ends when the handler's end, the reader stops reading, or the call's signal aborts. */
  readonly events: AsyncIterable<string>
  /** Settles when they have ended, also where nobody ever read them. */
  readonly over: Promise<void>
}

function eventsOf(bound: BoundEndpoint, call: RunningCall, from: AsyncIterator<unknown>): Events {
  let end: (failure?: unknown) => void = () => {}
  const stop = (): void => call.stop(fault('timed-out', `${call.name} has ended`))
  const { clock, stopping } = call.kit
  const cancel = clock.at(call.nowMs + longestMs, stop)
  // Any number of streams may be open.
  setMaxListeners(0, stopping)
  stopping.addEventListener('abort', stop, { once: true })
  const over = new Promise<void>((resolve, reject) => {
    end = failure => (failure === undefined ? resolve() : reject(failure))
    call.signal.addEventListener('abort', () => resolve(), { once: true })
  }).finally(() => {
    cancel()
    stopping.removeEventListener('abort', stop)
  })
  const read = async function* (): AsyncGenerator<string> {
    try {
      for (let next = await nextOf(from, call.signal); next; next = await nextOf(from, call.signal)) {
        yield written(bound, next.value)
      }
      end()
    } catch (error) {
      end(error)
      throw error
    } finally {
      end()
      stop()
      // A handler that waits for something else hears of it by its signal.
      void Promise.resolve(from.return?.()).catch(() => {})
    }
  }
  return { events: read(), over }
}

/** The next event; nothing when there is none, or nobody waits for it any more. */
function nextOf(from: AsyncIterator<unknown>, signal: AbortSignal): Promise<{ readonly value: unknown } | undefined> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve(undefined)
    const gone = (): void => resolve(undefined)
    signal.addEventListener('abort', gone, { once: true })
    from
      .next()
      .then(({ done, value }) => resolve(done ? undefined : { value }), reject)
      .finally(() => signal.removeEventListener('abort', gone))
  })
}

function written({ output, service, name }: BoundEndpoint, event: unknown): string {
  if (output.kind !== 'stream') return ''
  const result = output.writer.write(event)
  if (result.ok) return result.json
  throw fault('answer-invalid', `an event of ${service}/${name}: ${issuesText(result.issues)}`)
}
