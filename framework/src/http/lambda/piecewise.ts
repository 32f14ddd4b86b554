/** Answers whose size is not known when they begin: files, and streams of events. */
import type { Answer } from '../../runtime/door.ts'
import type { HeaderList } from '../headers.ts'
import { apiDefaults, fileDefaults, withOwn } from '../headers.ts'
import { contentDisposition } from '../media.ts'
import type { Reply } from './reply.ts'

export function fileReply({ file, headers, status }: Extract<Answer, { kind: 'file' }>, more: HeaderList): Reply {
  const named = file.name === undefined ? {} : { 'Content-Disposition': contentDisposition(file.name) }
  const text = file.type.startsWith('text/') && !file.type.includes('charset')
  const type = typeof file.content === 'string' && text ? `${file.type}; charset=utf-8` : file.type
  const head = [...withOwn(fileDefaults, { ...named, ...headers }), ...more, 'Content-Type', type]
  return { status, headers: head, content: file.content }
}

/** A first line makes what stands between pass the stream on. */
const opening = 'retry: 1000\n\n'

export function eventsReply({ events, headers, status }: Extract<Answer, { kind: 'events' }>, more: HeaderList): Reply {
  const head = [...withOwn(apiDefaults, headers), ...more, 'Content-Type', 'text/event-stream; charset=utf-8']
  return { status, headers: head, content: written(events) }
}

async function* written(events: AsyncIterable<string>): AsyncIterable<string> {
  yield opening
  for await (const json of events)
    yield `data: ${json.includes('\n') ? json.replaceAll(/\r?\n/g, '\ndata: ') : json}\n\n`
}

/** All of it, for whoever takes it only whole. */
export async function collected(pieces: AsyncIterable<string | Uint8Array>): Promise<Uint8Array> {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(Buffer.from(piece))
  return Buffer.concat(all)
}
