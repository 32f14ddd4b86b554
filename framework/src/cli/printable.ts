/**
 * Texts of others on a terminal: what a caller sent may hold control characters, with which a terminal can be made to
 * show something else than what is there.
 */

/** C0 but for line feed and tab, DEL, C1. */
const control = /[^\P{Cc}\n\t]/gu

/** The text with its control characters written out; line feeds and tabs stay. */
export function printable(text: string): string {
  return text.replace(control, character => escaped(character))
}

/** The same in one line. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, character => escaped(character))
}

function escaped(character: string): string {
  const known = { '\n': '\\n', '\t': '\\t', '\r': '\\r' }[character]
  return known ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
