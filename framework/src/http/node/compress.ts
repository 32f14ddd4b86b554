/** Compression of answers, off the main thread. */
import type { Transform } from 'node:stream'
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib'
import type { Coding } from '../media.ts'

/** Fast rather than small: each answer is compressed anew. */
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }

export function compressed(content: string | Uint8Array, coding: Coding): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: Buffer): void => (error ? reject(error) : resolve(result))
    if (coding === 'br') brotliCompress(content, brotli, done)
    else gzip(content, done)
  })
}

/** A stream that compresses, giving out what it has whenever it was written to. */
export function compressor(coding: Coding): Transform {
  return coding === 'br'
    ? createBrotliCompress({ ...brotli, flush: constants.BROTLI_OPERATION_FLUSH })
    : createGzip({ flush: constants.Z_SYNC_FLUSH })
}
