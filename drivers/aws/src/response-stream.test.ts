/** Answers of functions piece by piece, as Lambda sends them: cut wherever the network likes, ended well or not. */
import { EventStreamCodec } from '@smithy/core/event-streams'
import { describe, expect, it } from 'vitest'
import { piecesIn } from './response-stream.ts'

const codec = new EventStreamCodec(
  content => (typeof content === 'string' ? content : Buffer.from(content).toString()),
  text => Buffer.from(text),
)

function frame(type: string, text: string, kind = 'event'): Uint8Array {
  const header = (value: string) => ({ type: 'string' as const, value })
  const headers = { ':message-type': header(kind), ':event-type': header(type) }
  return codec.encode({ headers, body: Buffer.from(text) })
}

async function* cut(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(frames: readonly Uint8Array[], size: number): Promise<readonly string[]> {
  const pieces: string[] = []
  for await (const piece of piecesIn('shop-backend', cut(Buffer.concat(frames), size)))
    pieces.push(Buffer.from(piece).toString())
  return pieces
}

describe('S11: the answer of a function, piece by piece', () => {
  const begun = [frame('PayloadChunk', '{"n":1}\n'), frame('PayloadChunk', '{"n":2} ☕\n')]

  it('is read whatever pieces the network makes of it', async () => {
    const frames = [...begun, frame('InvokeComplete', '{}')]
    for (const size of [1, 3, 17, 10_000]) expect(await read(frames, size)).toEqual(['{"n":1}\n', '{"n":2} ☕\n'])
  })

  it('says that the function failed, or that Lambda did, or that the answer broke off', async () => {
    const failed = [...begun, frame('InvokeComplete', '{"ErrorCode":"Unhandled","ErrorDetails":"{}"}')]
    await expect(read(failed, 50)).rejects.toMatchObject({
      code: 'service-unavailable',
      detail: expect.stringMatching(/logs/),
    })
    const refused = [...begun, frame('ServiceException', '{}', 'exception')]
    await expect(read(refused, 50)).rejects.toMatchObject({ code: 'service-unavailable' })
    await expect(read(begun, 50)).rejects.toMatchObject({ detail: expect.stringMatching(/broke off/) })
    await expect(read([...begun, frame('PayloadChunk', 'x').subarray(0, 20)], 7)).rejects.toThrow()
  })

  it('is not taken where a byte of it changed on the way', async () => {
    const changed = Buffer.concat([...begun, frame('InvokeComplete', '{}')])
    const last = (begun[0]?.length ?? 0) - 6
    changed[last] = (changed[last] ?? 0) ^ 1
    await expect(read([changed], 64)).rejects.toThrow(/checksum/i)
  })
})
