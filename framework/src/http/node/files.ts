/** Files as answers: of known size at once, else piece by piece, as fast as the client takes them. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Answer } from '../../runtime/door.ts'
import { fileDefaults } from '../headers.ts'
import { contentDisposition, isCompressible } from '../media.ts'
import { compressor } from './compress.ts'
import { sendLarge } from './content.ts'
import type { NodeExchange } from './exchange.ts'

type FileAnswer = Extract<Answer, { kind: 'file' }>
type Pieces = AsyncIterable<Uint8Array>

export function sendFile(exchange: NodeExchange, { file, headers, status }: FileAnswer): Promise<void> {
  const named = file.name === undefined ? {} : { 'Content-Disposition': contentDisposition(file.name) }
  const head = exchange.head(fileDefaults, { ...named, ...headers })
  const { content } = file
  if (typeof content === 'string') return sendLarge(exchange, status, textType(file.type), content, head)
  if (content instanceof Uint8Array) return sendLarge(exchange, status, file.type, content, head)
  return sendPieces(exchange, status, file.type, content, head)
}

/** Text goes out as UTF-8. */
function textType(type: string): string {
  return type.startsWith('text/') && !type.includes('charset') ? `${type}; charset=utf-8` : type
}

async function sendPieces(
  exchange: NodeExchange,
  status: number,
  type: string,
  pieces: Pieces,
  head: string[],
): Promise<void> {
  const { response, request } = exchange
  const coding = isCompressible(type) ? exchange.coding : undefined
  if (isCompressible(type)) head.push('Vary', 'Accept-Encoding')
  if (coding) head.push('Content-Encoding', coding)
  head.push('Content-Type', type)
  response.writeHead(status, head)
  if (request.method === 'HEAD') return endedUnread(exchange, pieces)
  const source = Readable.from(pieces, { objectMode: false })
  await (coding ? pipeline(source, compressor(coding), response) : pipeline(source, response))
}

async function endedUnread({ response }: NodeExchange, pieces: Pieces): Promise<void> {
  response.end()
  await pieces[Symbol.asyncIterator]().return?.()
}

/** Lets go of what an answer holds that nobody will read. */
export async function unread(answer: Answer): Promise<void> {
  if (answer.kind === 'events') await answer.events[Symbol.asyncIterator]().return?.()
  if (answer.kind !== 'file') return
  const { content } = answer.file
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) await content[Symbol.asyncIterator]().return?.()
}
