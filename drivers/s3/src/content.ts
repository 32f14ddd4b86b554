/** Contents on their way: S3 wants to know how long each part is before it comes. */
import type { Bytes } from 'groundplan/driver'

/** The whole content, as it is now. */
export async function collected(content: Bytes): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return Uint8Array.from(content)
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(Uint8Array.from(chunk))
  return Buffer.concat(chunks)
}

/** The content in pieces, all but the last of the size that `bytesOf` gives for its number from 1: one at least. */
export async function* pieces(content: Bytes, bytesOf: (number: number) => number): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let bytes = 0
  let number = 1
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    waiting.push(Uint8Array.from(chunk))
    bytes += chunk.byteLength
    while (bytes > bytesOf(number)) {
      const all = Buffer.concat(waiting)
      const piece = all.subarray(0, bytesOf(number++))
      yield piece
      waiting = [all.subarray(piece.byteLength)]
      bytes -= piece.byteLength
    }
  }
  yield Buffer.concat(waiting)
}
