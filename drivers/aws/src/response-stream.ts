/**
 * What a function answers piece by piece, as Lambda sends it to who asks: Amazon's format of event streams, read by Amazon's
 * own code. The last event says whether the function ended well.
 */
import { EventStreamCodec, getChunkedStream } from '@smithy/core/event-streams'
import { fault } from 'groundplan/driver'

/** The pieces of an answer. Faults: `service-unavailable`, where the function failed or the answer broke off. */
export async function* piecesIn(name: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const codec = new EventStreamCodec(utf8, bytes)
  const broken = (why: string) => fault('service-unavailable', `the function ${name}: ${why}`)
  let complete = false
  for await (const frame of getChunkedStream(body)) {
    const { headers, body: content } = codec.decode(frame)
    const type = headers[':event-type']?.value
    if (headers[':message-type']?.value !== 'event') throw broken('Lambda refused to go on')
    if (type === 'PayloadChunk') yield content
    if (type !== 'InvokeComplete') continue
    if (JSON.parse(utf8(content) || '{}').ErrorCode !== undefined) throw broken('it failed: see its logs')
    complete = true
  }
  if (!complete) throw broken('its answer broke off')
}

function utf8(content: Uint8Array | string): string {
  return typeof content === 'string' ? content : Buffer.from(content).toString()
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text)
}
