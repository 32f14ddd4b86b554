import { describe, expect, it } from 'vitest'
import { isFault, type ProblemCode } from './problems.ts'
import { mayRunAgain, sqlErrorOf, sqlFault, sqlParameters, sqlStateOf, sqlValue } from './sql.ts'

function error(code: string | undefined, message = 'it failed'): Error {
  return Object.assign(new Error(message), { code })
}

describe('a failure of PostgreSQL', () => {
  const codes: readonly (readonly [sqlState: string | undefined, code: ProblemCode])[] = [
    ['23505', 'conflict'],
    ['23P01', 'conflict'],
    ['23503', 'sql-failed'],
    ['42P01', 'sql-failed'],
    ['08P01', 'sql-failed'],
    ['08006', 'engine-unavailable'],
    ['53300', 'engine-unavailable'],
    ['57P01', 'engine-unavailable'],
    ['57014', 'timed-out'],
    ['XX001', 'data-damaged'],
    [undefined, 'engine-unavailable'],
    ['ECONNREFUSED', 'engine-unavailable'],
  ]

  it.each(codes)('with SQLSTATE %s is %s', (sqlState, code) => {
    expect(sqlFault(error(sqlState), 'select 1').code).toBe(code)
  })

  it('names the statement, shortened, where the author is at fault', () => {
    const text = `select\n   nothing from ${'x'.repeat(500)}`
    const { message } = sqlFault(error('42703', 'column "nothing" does not exist'), text)
    expect(message).toContain('column "nothing" does not exist (42703), in: select nothing from xxx')
    expect(message.length).toBeLessThan(300)
  })

  it('shows neither the value that PostgreSQL quotes nor a parameter in a raised message', () => {
    const quoted = error('22P02', 'invalid input syntax for type integer: "a "secret" b"')
    expect(sqlFault(quoted, 'select $1', ['a "secret" b']).message).not.toContain('secret')
    const raised = error('P0001', 'no secret-value here')
    expect(sqlFault(raised, 'select $1', ['secret-value']).message).toContain('no … here')
  })

  it('may be run again when it could not be serialised', () => {
    const states = ['40001', '40P01', '23505'].map(state => mayRunAgain(sqlFault(error(state), 'select 1')))
    expect(states).toEqual([true, true, false])
    expect([mayRunAgain(new Error('no')), mayRunAgain(undefined)]).toEqual([false, false])
    expect(sqlStateOf(sqlFault(error('40001'), ''))).toBe('40001')
  })

  it('may be anything that was thrown', () => {
    const failure = sqlFault(sqlErrorOf('unreachable'), 'select 1')
    expect([isFault(failure, 'engine-unavailable'), failure.detail]).toEqual([true, 'unreachable'])
  })
})

describe('values', () => {
  it('are text to PostgreSQL, whatever they are here', () => {
    const values = [1, 2n, true, null, undefined, 'a', new Uint8Array([255]), { a: [1] }, [], new Date(0)]
    expect(sqlParameters('', values)).toEqual([
      '1',
      '2',
      'true',
      null,
      null,
      'a',
      '\\xff',
      '{"a":[1]}',
      '[]',
      '1970-01-01T00:00:00.000Z',
    ])
  })

  it('of unknown types stay the text that PostgreSQL wrote', () => {
    expect(sqlValue(999_999, '(1,2)')).toBe('(1,2)')
    expect(sqlValue(1184, '0044-03-15 10:00:00+00 BC')).toBe('0044-03-15 10:00:00+00 BC')
    expect(sqlValue(1184, '1800-01-01 00:00:00+00:53:28')).toBe('1800-01-01 00:00:00+00:53:28')
  })

  it('in arrays of many dimensions stay in them', () => {
    expect(sqlValue(1007, '{{{1},{2}},{{3},{NULL}}}')).toEqual([
      [[1], [2]],
      [[3], [null]],
    ])
    expect(sqlValue(1009, '{}')).toEqual([])
    expect(sqlValue(1009, '{"a\\"b","c\\\\","{,}"," "}')).toEqual(['a"b', 'c\\', '{,}', ' '])
  })
})
