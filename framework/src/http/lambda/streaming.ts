/** Events of a function that answers piece by piece. */
import type { InvokedRuntime } from '../../runtime/invoked.ts'
import type { Came } from './came.ts'
import { carriedAnswer } from './carried.ts'
import { type CarriedEvent, isCarried } from './carried-event.ts'
import type { LambdaDoor } from './door.ts'
import { linesOf } from './handed-on.ts'
import { type LambdaHost, streamedReply, type Writes, written } from './streamed.ts'

export interface StreamingParts {
  readonly runtime: InvokedRuntime
  readonly door: LambdaDoor
  /** Answers at once. */
  handled(event: object): Promise<unknown>
}

/** `came`: the event as a request, where it is one. */
export async function handledStreaming(
  made: StreamingParts,
  host: LambdaHost,
  came: Came | undefined,
  event: object,
  out: Writes,
): Promise<void> {
  if (came && made.door.isStreamed(came)) {
    await streamedReply(host, out, await made.door.answer(came))
    return
  }
  if (isCarried(event)) {
    await handedOn(made, event, out)
    return
  }
  out.end(JSON.stringify((await made.handled(event)) ?? null))
}

/** Answers another function: streams piece by piece, all else whole. */
async function handedOn({ runtime }: StreamingParts, { groundplan }: CarriedEvent, out: Writes): Promise<void> {
  const answer = await runtime.answer(groundplan)
  if (answer.kind === 'events') await written(out, linesOf(answer))
  else out.end(JSON.stringify(await carriedAnswer(answer)))
}
