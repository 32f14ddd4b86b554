/** Takes secret values out of texts. */
import { isWellFormed } from './keys.ts'
import { secretLabel } from './names.ts'

/**
 * Values shorter than this are not scrubbed: they stand in ordinary texts by chance (`true`, `2030`), so that scrubbing
 * would garble logs, and tell the value by what is missing.
 */
const shortest = 6

/** One way in which a secret may stand in a text. */
interface Form {
  readonly text: string
  readonly label: string
}

/**
 * Makes a function that replaces secret values inside a text by `[secret name]`: as they are, and as JSON and addresses
 * write them. Takes time by the length of the text, however many secrets there are. Of values that overlap the one that
 * begins first is replaced, of those the longest.
 * @param values names and values; a `Map` fits
 * @example
 * const scrub = scrubber([['carrier-key', 'k-81f3a']])
 * scrub('GET /parcels?key=k-81f3a') // 'GET /parcels?key=[secret carrier-key]'
 */
export function scrubber(values: Iterable<readonly [name: string, value: string]>): (text: string) => string {
  const byStart = new Map<string, Form[]>()
  const maybe = new Uint8Array(marks)
  for (const form of [...values].flatMap(formsOf)) {
    const start = form.text.slice(0, shortest)
    byStart.set(start, [...(byStart.get(start) ?? []), form])
    maybe[markAt(form.text, 0)] = 1
  }
  for (const forms of byStart.values()) forms.sort((one, other) => other.text.length - one.text.length)
  const formAt = (text: string, at: number): Form | undefined => {
    if (!maybe[markAt(text, at)]) return undefined
    const forms = byStart.get(text.slice(at, at + shortest))
    return forms?.find(form => text.startsWith(form.text, at))
  }
  return byStart.size === 0 ? text => text : text => scrubbed(text, formAt)
}

function scrubbed(text: string, formAt: (text: string, at: number) => Form | undefined): string {
  let clean = ''
  let from = 0
  for (let at = 0; at + shortest <= text.length; at++) {
    const found = formAt(text, at)
    if (!found) continue
    clean += text.slice(from, at) + found.label
    from = at + found.text.length
    at = from - 1
  }
  return from === 0 ? text : clean + text.slice(from)
}

function formsOf([name, value]: readonly [string, string]): readonly Form[] {
  if (value.length < shortest) return []
  const inJson = JSON.stringify(value).slice(1, -1)
  const inAddress = isWellFormed(value)
    ? [encodeURIComponent(value), String(new URLSearchParams([['', value]])).slice(1)]
    : []
  return [...new Set([value, inJson, ...inAddress])].map(text => ({ text, label: secretLabel(name) }))
}

/** A table small enough for the processor's cache, large enough that most places of a text are passed over at once. */
const marks = 4_096

function markAt(text: string, at: number): number {
  const mixed = text.charCodeAt(at) * 961 + text.charCodeAt(at + 1) * 31 + text.charCodeAt(at + 2)
  return mixed & (marks - 1)
}
