/**
 * Media: which bodies are taken, which answers are worth compressing, and how.
 */

/** Whether a `content-type` is JSON in UTF-8. */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true
  if (contentType === undefined) return false
  const [type = '', ...parameters] = contentType.toLowerCase().split(';')
  const charset = parameters.map(each => each.trim()).find(each => each.startsWith('charset='))
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) return false
  return /^application\/(?:json|[\w.!#$&^-]+\+json)$/.test(type.trim())
}

const compressible = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml)\b|application\/javascript\b|image\/svg\+xml\b)/

/** Whether compression makes this type smaller. */
export function isCompressible(contentType: string): boolean {
  return compressible.test(contentType)
}

/** Below this, compression saves no packet. */
export const compressedFromBytes = 1_500

export type Coding = 'br' | 'gzip'

/** The content coding that the client takes and we like best; undefined for none. */
export function codingFor(acceptEncoding: string | undefined): Coding | undefined {
  if (acceptEncoding === undefined) return undefined
  const weights = new Map(acceptEncoding.toLowerCase().split(',').map(weighed))
  const weight = (coding: Coding): number => weights.get(coding) ?? weights.get('*') ?? 0
  const [br, gzip] = [weight('br'), weight('gzip')]
  if (br === 0 && gzip === 0) return undefined
  return br >= gzip ? 'br' : 'gzip'
}

function weighed(text: string): readonly [string, number] {
  const [coding = '', ...parameters] = text.split(';').map(each => each.trim())
  const q = parameters.find(each => each.startsWith('q='))
  const weight = q === undefined ? 1 : Number(q.slice(2))
  return [coding, Number.isFinite(weight) ? weight : 0]
}

/**
 * The header that offers a file under a name (RFC 6266, RFC 8187): plain for old clients, UTF-8 for all others.
 * @param name folders in it, and what could end the header, are left out
 */
export function contentDisposition(name: string): string {
  const bare = wellFormed(name.replace(/^.*[/\\]/s, ''))
  const plain = bare.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  if (plain === bare) return `attachment; filename="${plain}"`
  const encoded = encodeURIComponent(bare).replace(
    /['()*]/g,
    each => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}

/** Without control characters, and without halves of surrogate pairs, which have no UTF-8. */
function wellFormed(text: string): string {
  return text.replace(/\p{Cc}/gu, '').replace(/\p{Cs}/gu, '\ufffd')
}
