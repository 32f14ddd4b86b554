/**
 * Plain data as YAML, for documents that people read: blocks, and texts without quotes where nothing could take them for
 * something else. A text of several lines stands as it is, below its key.
 */

/** JSON data as a YAML document. Keys keep their order. */
export function yaml(value: unknown): string {
  return `${block(value, '')}\n`
}

function block(value: unknown, indent: string): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : value.map(each => item(each, indent)).join('\n')
  if (typeof value !== 'object' || value === null) return scalar(value)
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return entries.length === 0 ? '{}' : entries.map(([key, each]) => entry(key, each, indent)).join('\n')
}

function item(value: unknown, indent: string): string {
  // The first line of what is in it stands behind the hyphen.
  return `${indent}- ${block(value, `${indent}  `).trimStart()}`
}

function entry(key: string, value: unknown, indent: string): string {
  const name = `${indent}${scalar(key)}:`
  if (isLines(value)) return `${name} ${literal(value, `${indent}  `)}`
  if (isFlat(value)) return `${name} ${block(value, '')}`
  return `${name}\n${block(value, `${indent}  `)}`
}

function isFlat(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Object.keys(value).length === 0
}

/** Words that mean something, in YAML 1.2 or before. */
const meaning = /^(?:true|false|null|yes|no|on|off|y|n|~)$/i
const plain = /^[A-Za-z_/$][\w./${}()'’,; -]*$/

/** Lines with a newline at the end, which begin without a space and have no other breaks than that. */
const lines = /^(?! )(?:[\x20-\x7E\u00A1-\uD7FF]*\n)*[\x20-\x7E\u00A1-\uD7FF]*[!-~]\n$/

function isLines(value: unknown): value is string {
  return typeof value === 'string' && value.indexOf('\n') < value.length - 1 && lines.test(value)
}

/** As a block: every line as it is, indented. */
function literal(text: string, indent: string): string {
  const each = text.slice(0, -1).split('\n')
  return ['|', ...each.map(line => (line === '' ? '' : indent + line))].join('\n')
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value ?? null)
  const isPlain = plain.test(value) && !meaning.test(value) && !value.endsWith(' ')
  return isPlain ? value : JSON.stringify(value)
}
