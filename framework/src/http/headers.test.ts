import { describe, expect, it } from 'vitest'
import { apiDefaults, withOwn } from './headers.ts'

describe('headers of an answer', () => {
  it('are the defaults, unless the answer says otherwise in whatever case', () => {
    expect(withOwn(apiDefaults, {})).toEqual(apiDefaults)
    const headers = withOwn(['Cache-Control', 'no-store', 'X', '1'], { 'cache-control': 'max-age=5', ETag: '"a"' })
    expect(headers).toEqual(['X', '1', 'cache-control', 'max-age=5', 'ETag', '"a"'])
  })

  it('with several values are a line for each', () => {
    expect(withOwn([], { 'set-cookie': ['a=1', 'b=2'], A: 'b' })).toEqual([
      'set-cookie',
      'a=1',
      'set-cookie',
      'b=2',
      'A',
      'b',
    ])
  })

  it('say nothing about how the message travels', () => {
    expect(withOwn([], { 'Content-Length': '5', 'transfer-encoding': 'chunked', Connection: 'close', A: 'b' })).toEqual(
      ['A', 'b'],
    )
  })
})
