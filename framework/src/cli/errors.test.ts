import { describe, expect, it } from 'vitest'
import { fault } from '../contract/problems.ts'
import { Failure, failureOf, wrongUsage } from './errors.ts'

describe('What was thrown', () => {
  it('is left as it is when it has words already', () => {
    const failure = wrongUsage('a', 'b')
    expect(failureOf(failure)).toBe(failure)
    expect(failure.exitCode).toBe(2)
  })

  it('names the problem code of a fault', () => {
    expect(failureOf(fault('engine-unavailable', 'no answer'))).toMatchObject({
      message: 'engine-unavailable: no answer',
      exitCode: 1,
    })
  })

  it.each([
    ['EACCES', /may not read or write a\/b/],
    ['EROFS', /a\/b is on a disk that cannot be written/],
    ['ENOSPC', /disk is full/],
    ['ENOENT', /a\/b does not exist/],
  ])('of the system, %s, says what to do', (code, message) => {
    const failure = failureOf(Object.assign(new Error('raw'), { code, path: 'a/b' }))
    expect(failure.message).toMatch(message)
    expect(failure.wayOut).not.toMatch(/report it/)
    expect(failure.cause).toBeInstanceOf(Error)
  })

  it('that nobody foresaw is shown with its stack', () => {
    const failure = failureOf(new TypeError('odd'))
    expect(failure).toBeInstanceOf(Failure)
    expect(failure.message).toMatch(/TypeError: odd\n {4}at /)
    expect(failure.wayOut).toMatch(/report it/)
    expect(failureOf('a text').message).toBe('a text')
  })
})
