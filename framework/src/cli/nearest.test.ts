import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const commands = ['start', 'check', 'openapi', 'help', 'version']

describe('The nearest word', () => {
  it.each([
    ['strat', 'start'], // swapped
    ['chek', 'check'], // missing
    ['chceck', 'check'], // too many
    ['halp', 'help'], // wrong
    ['open', 'openapi'], // begun
    ['START'.toLowerCase(), 'start'],
  ])('for "%s" is "%s"', (typed, meant) => {
    expect(nearest(typed, commands)).toBe(meant)
  })

  it.each(['deploy', 'x', '', 'zzzzz'])('for "%s" is none', typed => {
    expect(nearest(typed, commands)).toBeUndefined()
  })

  it('prefers what is nearer', () => {
    expect(nearest('stop', ['shop', 'stops', 'setup'])).toBe('stops')
    expect(nearest('porr', ['sort', 'port'])).toBe('port')
  })
})
