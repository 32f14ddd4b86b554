/** Content of a known size, compressed where that helps and the client can take it. */
import { compressedFromBytes, isCompressible } from '../media.ts'
import { compressed } from './compress.ts'
import type { Exchange } from './exchange.ts'

/** Writes text of a compressible type: small ones, which are most, at once. */
export function sendText(
  exchange: Exchange,
  status: number,
  type: string,
  text: string,
  head: string[],
): Promise<void> | undefined {
  const bytes = Buffer.byteLength(text)
  if (bytes >= compressedFromBytes) return sendLarge(exchange, status, type, text, head)
  head.push('Content-Type', type, 'Content-Length', String(bytes))
  exchange.response.writeHead(status, head)
  exchange.response.end(text)
  return undefined
}

/** Writes content of a known size. */
export async function sendLarge(
  exchange: Exchange,
  status: number,
  type: string,
  content: string | Uint8Array,
  head: string[],
): Promise<void> {
  const small = isCompressible(type) && Buffer.byteLength(content) >= compressedFromBytes
  const coding = small ? exchange.coding : undefined
  const body = coding ? await compressed(content, coding) : content
  if (exchange.gone) return
  if (small) head.push('Vary', 'Accept-Encoding')
  if (coding) head.push('Content-Encoding', coding)
  head.push('Content-Type', type, 'Content-Length', String(Buffer.byteLength(body)))
  exchange.response.writeHead(status, head)
  exchange.response.end(body)
}
