/**
 * Real input: what a bed waits for that its clock knows nothing of, because it comes from outside: answers of the
 * network, a database at work.
 */
import type { Active } from '../../runtime/activity.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Input extends Active {
  /** How long it is waited for while nothing moves. */
  readonly patienceMs: number
}

export interface RealInput {
  readonly underWay: ReadonlySet<Input>
  /** Something is waited for; call the result once when it has come. */
  begin(name: string, patienceMs: number): () => void
}

export function realInput(): RealInput {
  const underWay = new Set<Input>()
  return {
    underWay,
    begin(name, patienceMs) {
      const entry = { name, patienceMs }
      underWay.add(entry)
      return () => void underWay.delete(entry)
    },
  }
}

/** A server may never answer: then its caller waits for the bed's time to run out. */
const networkMs = 1_000

/** The platform's fetch, in its own time, waited for to the end of each answer. */
export function realFetch(time: VirtualTime, input: RealInput, given: typeof fetch): typeof fetch {
  return async (...asked) => {
    const came = input.begin('an answer of the network', networkMs)
    try {
      return withEnd(await time.outside(() => given(...asked)), came)
    } catch (error) {
      came()
      throw error
    }
  }
}

/** The same answer; tells when its body has been read, or is not wanted. */
function withEnd(response: Response, ended: () => void): Response {
  const { body, status, statusText, headers } = response
  if (!body) {
    ended()
    return response
  }
  const reader = body.getReader()
  const passed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        ended()
        controller.close()
      } catch (error) {
        ended()
        controller.error(error)
      }
    },
    cancel(reason) {
      ended()
      return reader.cancel(reason)
    },
  })
  return new Response(passed, { status, statusText, headers })
}
