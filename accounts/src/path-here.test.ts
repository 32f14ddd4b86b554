/** Where a link of ours may lead on to. */
import { expect, it } from 'vitest'
import { isPathHere } from './path-here.ts'

it.each(['/', '/basket', '/orders?state=paid#top', '/a//b', '/%2Felsewhere.example'])('%j is a page of ours', path => {
  expect(isPathHere(path)).toBe(true)
})

it.each([
  ['//elsewhere.example', 'another host by two slashes'],
  ['/\\elsewhere.example', 'another host by a backslash'],
  ['/\t/elsewhere.example', 'another host by a letter that browsers leave out'],
  ['/\n//elsewhere.example', 'the same with a line of its own'],
  ['/.//elsewhere.example', 'two slashes once its dot is resolved'],
  ['/%2e//elsewhere.example', 'the same, spelled otherwise'],
  ['/orders/..//elsewhere.example', 'two slashes once its way up is resolved'],
  ['https://elsewhere.example', 'another address'],
  ['javascript:alert(1)', 'a script'],
  ['basket', 'a path that begins nowhere'],
  ['', 'nothing'],
])('%j is none: it is %s', path => {
  expect(isPathHere(path)).toBe(false)
})
