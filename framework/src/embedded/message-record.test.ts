import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isWellFormed } from '../contract/keys.ts'
import type { NewMessage } from '../contract/queue.ts'
import { draftOf, lineOf, messageIn, recordOf, wholeOf } from './message-record.ts'

const nowMs = Date.UTC(2030, 0, 1)
const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
const odd = [
  '',
  'plain',
  '0190-a b',
  '"',
  '\\',
  'a"],',
  'line\nbreak',
  '\u007f',
  'ü',
  '語',
  '😀',
  '\ud800',
  '\u0000',
  '",null,{',
]
const bodies = ['{}', '{"note":"a \\"quote\\" and\\na line"}', '"\ud800"', `"${'x'.repeat(3_000)}"`]

function* messages(): Generator<NewMessage> {
  for (const text of odd) {
    for (const body of bodies) {
      const message = { queue: 'work', id: text, body }
      yield message
      yield { ...message, headers: { traceparent } }
      yield { ...message, id: 'plain', headers: { traceparent: text } }
      yield { ...message, headers: { traceparent, [text]: text } }
      yield { ...message, headers: { traceparent }, orderKey: text }
    }
  }
}

describe('the record of a message', () => {
  it('begins with a line of JSON, whatever the message says: so it always has', () => {
    for (const message of messages()) {
      const { id, orderKey = null, headers = {} } = message
      const [line = ''] = draftOf(message, nowMs).text.split('\n')
      const escaped = isWellFormed(message.body) ? 0 : 1
      expect(line).toBe(JSON.stringify([id, nowMs, orderKey, headers, escaped]))
    }
  })

  it('gives the message back', () => {
    for (const message of messages()) {
      const { text, body } = draftOf(message, nowMs)
      const apart = () => body ?? Buffer.alloc(0)
      const found = messageIn('work', wholeOf(recordOf(text, body ? 1 : 0)), apart)
      expect({ ...found }).toEqual({ headers: {}, ...message, sentAtMs: nowMs, attempt: 0 })
    }
  })

  it('stands in the line that the SHA-256 of its order key begins with, of data of any age', () => {
    for (const key of odd) {
      expect(lineOf(key)).toEqual(createHash('sha256').update(key, 'utf8').digest().subarray(0, 8))
    }
  })
})
