/**
 * Headers of answers, as a flat list of name and value in turn: what an HTTP engine takes fastest.
 */

export type HeaderList = readonly string[]
/** A header with several values is a line for each. */
export type HeaderRecord = Readonly<Record<string, string | readonly string[]>>

/** On every answer. Nothing is sniffed, nothing is told about where a reader comes from. */
const always: HeaderList = ['X-Content-Type-Options', 'nosniff', 'Referrer-Policy', 'no-referrer']

/** An answer of an API is data: as a document it may load nothing, do nothing and be framed by nobody. */
export const apiDefaults: HeaderList = [
  ...always,
  ...['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'", 'Cache-Control', 'no-store'],
]

/** A file may be looked at, with the styles inside it; as a document it is in a sandbox. */
export const fileDefaults: HeaderList = [
  ...always,
  'Content-Security-Policy',
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'",
  'Cache-Control',
  'no-store',
]

/** A page of ours, with the scripts and styles of these hashes. */
export function pageDefaults(scriptHash: string, styleHash: string): HeaderList {
  const policy = [
    "default-src 'none'",
    `script-src '${scriptHash}'`,
    `style-src '${styleHash}'`,
    "connect-src 'self'",
    'img-src blob: data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return [...always, 'Content-Security-Policy', policy, 'Cache-Control', 'no-cache']
}

/** Headers that say how the message travels: the door's own business. */
const framing = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export function isFraming(name: string): boolean {
  return framing.has(name.toLowerCase())
}

/** Defaults with an answer's own headers, which go before them; those about framing are left out. */
export function withOwn(defaults: HeaderList, own: HeaderRecord): string[] {
  const names = Object.keys(own)
  if (names.length === 0) return [...defaults]
  const given = new Set(names.map(name => name.toLowerCase()))
  const headers: string[] = []
  for (let at = 0; at < defaults.length; at += 2) {
    const name = defaults[at] ?? ''
    if (!given.has(name.toLowerCase())) headers.push(name, defaults[at + 1] ?? '')
  }
  for (const name of names) if (!isFraming(name)) headers.push(...linesOf(name, own[name] ?? ''))
  return headers
}

function linesOf(name: string, value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [name, value] : value.flatMap(each => [name, each])
}
