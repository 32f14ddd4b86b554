import { describe, expect, it } from 'vitest'
import { oneLine, printable } from './printable.ts'

describe('A text of others', () => {
  it('cannot speak to the terminal', () => {
    expect(printable('a\u001b[2Jb\u0007\u009bc\u007f\r')).toBe('a\\u001b[2Jb\\u0007\\u009bc\\u007f\\r')
  })

  it('keeps its lines, and everything that can be read', () => {
    expect(printable('a\n\tb é 漢 🎁')).toBe('a\n\tb é 漢 🎁')
  })

  it('is put into one line where there is one', () => {
    expect(oneLine('a\n\tb\u001b')).toBe('a\\n\\tb\\u001b')
  })
})
