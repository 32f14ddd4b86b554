/**
 * Answers piece by piece, by what Lambda puts into the global `awslambda`.
 */
import { pairs, type Reply } from './reply.ts'

/** Where pieces are written. */
export interface Writes {
  write(piece: string | Uint8Array): boolean
  end(piece?: string | Uint8Array): unknown
  once(event: 'drain' | 'close', listener: () => void): unknown
  readonly destroyed?: boolean
}

interface Prelude {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: readonly string[]
}

export interface LambdaHost {
  streamifyResponse(
    handler: (event: object, out: Writes, context: { getRemainingTimeInMillis(): number }) => Promise<void>,
  ): unknown
  readonly HttpResponseStream: { from(out: Writes, prelude: Prelude): Writes }
}

export async function streamedReply(host: LambdaHost, out: Writes, reply: Reply): Promise<void> {
  const stream = host.HttpResponseStream.from(out, preludeOf(reply))
  const { content } = reply
  if (typeof content === 'string' || content instanceof Uint8Array) stream.end(content)
  else await written(stream, content)
}

/** Writes what comes, as it comes, as long as somebody takes it. */
export async function written(out: Writes, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    if (out.destroyed) break
    if (!out.write(piece)) await drained(out)
  }
  out.end()
}

function preludeOf({ status, headers: list }: Reply): Prelude {
  const headers: Record<string, string> = {}
  const cookies: string[] = []
  for (const [name, value] of pairs(list)) {
    if (name.toLowerCase() === 'set-cookie') cookies.push(value)
    else headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return { statusCode: status, headers, cookies }
}

function drained(stream: Writes): Promise<void> {
  return new Promise(resolve => {
    stream.once('drain', resolve)
    stream.once('close', resolve)
  })
}
