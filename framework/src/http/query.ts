/**
 * Queries: the part of an address after the question mark, as `application/x-www-form-urlencoded` reads it. A name
 * given several times has a list. Names are looked up in an object without a prototype, so that no name is special.
 */
import { decodedText } from './percent.ts'

export type Query = Readonly<Record<string, string | readonly string[]>>

export const noQuery: Query = Object.freeze(Object.create(null) as Query)

/**
 * Reads a query; undefined when it is not percent-encoded UTF-8.
 * @param text without the question mark
 * @example queryOf('state=paid&state=placed') // { state: ['paid', 'placed'] }
 */
export function queryOf(text: string): Query | undefined {
  if (text === '') return noQuery
  const query: Record<string, string | string[]> = Object.create(null)
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = formText(equals === -1 ? pair : pair.slice(0, equals))
    const value = equals === -1 ? '' : formText(pair.slice(equals + 1))
    if (name === undefined || value === undefined) return undefined
    add(query, name, value)
  }
  return query
}

function formText(text: string): string | undefined {
  return decodedText(text.includes('+') ? text.replaceAll('+', ' ') : text)
}

function add(query: Record<string, string | string[]>, name: string, value: string): void {
  const before = query[name]
  if (before === undefined) query[name] = value
  else if (typeof before === 'string') query[name] = [before, value]
  else before.push(value)
}
