/**
 * What generated serialisers call beside themselves: where a value is not of the shape after all.
 */

/** What `JSON.stringify` gives. Its declared type forgets that it may give nothing. */
export function plainJson(value: unknown): string | undefined {
  return JSON.stringify(value)
}

/** An object with the fields of these names alone, in the order it has them. */
export function only(value: unknown, names: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null || 'toJSON' in value || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name)))
}
