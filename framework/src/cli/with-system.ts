/**
 * The text of a config with one system more, where it is written as everybody writes it: one `systems: { … }`. Comments
 * and everything else stay as they are. Whether the result means what it should is for the caller to see.
 */

/** Undefined where there is no such place, or more than one. */
export function withSystem(text: string, name: string, plan: string): string | undefined {
  const found = [...text.matchAll(/^([ \t]*)systems\s*:\s*\{/gm)]
  const [place] = found
  if (place === undefined || found.length > 1) return undefined
  const [opening, indent = ''] = place
  const after = place.index + opening.length
  const key = /^[a-z][a-z0-9]*$/.test(name) ? name : `'${name}'`
  const line = `\n${indent}  ${key}: '${plan}',`
  const rest = text.slice(after)
  // What stood on the line of the brace goes on a line of its own.
  const inner = /^[ \t]*\}/.test(rest)
    ? `\n${indent}${rest.trimStart()}`
    : /^[ \t]*\S/.test(rest)
      ? `\n${indent}  ${rest.trimStart()}`
      : rest
  return text.slice(0, after) + line + inner
}
