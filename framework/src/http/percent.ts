/** Percent-encoded text. */

/** Decodes; undefined when it is not UTF-8 so encoded, or holds a NUL, which no engine can keep in a text. */
export function decodedText(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    const decoded = decodeURIComponent(text)
    return decoded.includes('\0') ? undefined : decoded
  } catch {
    return undefined
  }
}
