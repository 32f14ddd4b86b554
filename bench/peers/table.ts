/** A Markdown table of what was measured in rounds: medians with their range, and ratios taken round by round. */

export interface Column {
  readonly title: string
  readonly key: string
  /** Compared with this contender, in the same round. */
  readonly against?: string
}

type Measured = ReadonlyMap<string, readonly Readonly<Record<string, number>>[]>

export function cell({ key, against }: Column, title: string, measured: Measured): string {
  const own = valuesOf(measured, title, key)
  if (own.length === 0) return '–'
  const range = `${shown(median(own))} (${shown(Math.min(...own))}–${shown(Math.max(...own))})`
  if (against === undefined || against === title) return range
  const other = measured.get(against) ?? []
  const ratios = (measured.get(title) ?? []).flatMap((round, at) => {
    const [it, base] = [round[key], other[at]?.[key]]
    return it !== undefined && base !== undefined ? [it / base] : []
  })
  return ratios.length === 0 ? range : `${range}, ${median(ratios).toFixed(1)} ×`
}

export function headed(titles: readonly string[]): string {
  return `${row(titles)}\n${row(titles.map(() => '---'))}`
}

export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

function valuesOf(measured: Measured, title: string, key: string): readonly number[] {
  return (measured.get(title) ?? []).flatMap(round => round[key] ?? [])
}

function shown(value: number): string {
  return value < 100 ? value.toFixed(value < 10 ? 2 : 0) : Math.round(value).toLocaleString('en')
}
