/** Streams between two functions: what one writes the other reads, whatever pieces it comes in. */
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../runtime/door.ts'
import { answerOfLines, linesOf } from './handed-on.ts'

async function* listOf(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts
}

/** As the network brings it. */
async function* cut(texts: AsyncIterable<string>, size: number): AsyncGenerator<Uint8Array> {
  const all: Buffer[] = []
  for await (const text of texts) all.push(Buffer.from(text))
  const bytes = Buffer.concat(all)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function eventsOf(answer: Answer): Promise<readonly unknown[]> {
  const events: unknown[] = []
  if (answer.kind === 'events') for await (const json of answer.events) events.push(JSON.parse(json))
  return events
}

describe('S11: a stream between two functions', () => {
  const events = ['{"n":1}', '{"text":"two\\nlines — ☕"}', '[\n  "spread",\n  "over lines"\n]']

  it('arrives as it was written: its head, and each event', async () => {
    for (const size of [1, 2, 5, 1_000]) {
      const written = linesOf({ kind: 'events', status: 200, headers: { 'x-made': 'here' }, events: listOf(events) })
      const answer = await answerOfLines(cut(written, size))
      expect(answer).toMatchObject({ kind: 'events', status: 200, headers: { 'x-made': 'here' } })
      expect(await eventsOf(answer)).toEqual(events.map(json => JSON.parse(json)))
    }
  })

  it('is opened by its head, before any event is there', async () => {
    let tell: () => void = () => {}
    const waiting = new Promise<void>(resolve => {
      tell = resolve
    })
    async function* later(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"kind":"events","status":200,"headers":{}}\n')
      await waiting
      yield Buffer.from('{"n":1}\n')
    }
    const answer = await answerOfLines(later())
    expect(answer.kind).toBe('events')
    tell()
    expect(await eventsOf(answer)).toEqual([{ n: 1 }])
  })

  it('that was refused is a problem; an answer of nobody’s, or none, says that the service is not there', async () => {
    const problem = { type: 'about:blank', title: 'Not found', status: 404, code: 'not-found' }
    const refused = JSON.stringify({ kind: 'problem', status: 404, problem, headers: {}, declared: true })
    expect(await answerOfLines(cut(listOf([refused]), 9))).toMatchObject({ kind: 'problem', problem, declared: true })
    const nobodys = answerOfLines(cut(listOf(['{"message":"odd"}']), 9))
    await expect(nobodys).rejects.toMatchObject({ code: 'service-unavailable' })
    await expect(answerOfLines(cut(listOf([]), 9))).rejects.toMatchObject({ code: 'service-unavailable' })
  })
})
