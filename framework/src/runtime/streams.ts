/**
 * Streams: the events of an endpoint with `returns: stream(…)`, each parsed and written before it leaves. The call
 * lasts until its reader goes away, or an hour: a client connects again by itself.
 */
import { fault } from '../contract/problems.ts'
import type { RunningCall } from './call.ts'
import { issuesText } from './clients/reading.ts'
import type { BoundEndpoint } from './endpoints.ts'

const longestMs = 3_600_000

/** JSON of each event. Ends, and ends the call, when the reader stops reading or its signal aborts. */
export async function* eventsOf(
  bound: BoundEndpoint,
  call: RunningCall,
  events: AsyncIterable<unknown>,
): AsyncGenerator<string> {
  const over = fault('timed-out', `${call.name} has ended`)
  const { kit } = call
  const ended = kit.activity.begin(call.name)
  const cancel = kit.clock.at(call.nowMs + longestMs, () => call.stop(over))
  let failure: unknown
  try {
    for await (const event of events) yield written(bound, event)
  } catch (error) {
    failure = error
    call.log.error(`${call.name} failed`, { error })
    throw error
  } finally {
    cancel()
    ended()
    call.stop(over)
    call.span.end(failure)
    kit.metrics.called(call.plan.service, call.plan.handler, kit.clock.now() - call.nowMs, failure !== undefined)
  }
}

function written({ output, service, name }: BoundEndpoint, event: unknown): string {
  if (output.kind !== 'stream') return ''
  const result = output.writer.write(event)
  if (result.ok) return result.json
  throw fault('answer-invalid', `an event of ${service}/${name}: ${issuesText(result.issues)}`)
}
