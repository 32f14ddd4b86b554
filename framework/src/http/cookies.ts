/** Cookies: reads the `cookie` header of RFC 6265. */

/**
 * The value of a cookie; of the first one when there are several. Quotes around it do not belong to it, and what is
 * percent-encoded is decoded where that is possible.
 * @param header the header's text; several headers are joined by `; `
 */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue
    return decoded(unquoted(pair.slice(equals + 1).trim()))
  }
  return undefined
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}

function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
