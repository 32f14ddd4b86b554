/**
 * Streams between two processes: lines of JSON, the head of the answer first, then the events as they come. Whoever asks
 * says how long its own process still lives: who answers does not go on for nobody.
 */
import { fault } from '../../contract/problems.ts'
import type { Answer } from '../../runtime/door.ts'
import { answerCarried } from './carried.ts'

type EventsAnswer = Extract<Answer, { kind: 'events' }>

/** What is written, piece by piece. */
export async function* linesOf({ events, ...head }: EventsAnswer): AsyncIterable<string> {
  yield `${JSON.stringify(head)}\n`
  // JSON has line breaks between its parts alone.
  for await (const json of events) yield `${json.replaceAll(/\r?\n/g, ' ')}\n`
}

/** Reads what was written so, or an answer that is no stream. Faults: `service-unavailable`. */
export async function answerOfLines(pieces: AsyncIterable<Uint8Array>): Promise<Answer> {
  const lines = linesIn(pieces)
  const { value: first } = await lines.next()
  if (first === undefined) throw fault('service-unavailable', 'the function gave no answer')
  const head = answerCarried(first) as Exclude<Answer, EventsAnswer> | Omit<EventsAnswer, 'events'>
  if (head.kind === 'events') return { ...head, events: lines }
  // Read to its end, so that the connection can be used again.
  while (!(await lines.next()).done);
  return head
}

async function* linesIn(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    // An empty one shows that somebody is still there.
    for (const line of lines) if (line !== '') yield line
  }
  if (rest !== '') yield rest
}
