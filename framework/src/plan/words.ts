/**
 * Durations and sizes as typed words: what people write in a plan. Inside the framework they are
 * numbers with the unit last in the name (`leaseMs`, `maxBytes`).
 */

export type Unit = 'millisecond' | 'second' | 'minute' | 'hour' | 'day'

/** A length of time, such as `'30 seconds'` or `'1 day'`. `U` narrows the units a field accepts. */
export type Duration<U extends Unit = Unit> = `${number} ${U}` | `${number} ${U}s`

/** An amount of data, such as `'256 KB'`. 1 KB is 1,024 bytes. */
export type Size = `${number} ${'B' | 'KB' | 'MB' | 'GB'}`

const unitMs: Readonly<Record<Unit, number>> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

const sizeBytes: Readonly<Record<string, number>> = { B: 1, KB: 1_024, MB: 1_048_576, GB: 1_073_741_824 }

/**
 * The length of a duration in milliseconds.
 * @example milliseconds('2 minutes') // 120000
 */
export function milliseconds(duration: Duration): number {
  const [amount, unit] = duration.split(' ')
  return scaled(duration, Number(amount), unitMs[(unit ?? '').replace(/s$/, '') as Unit])
}

/**
 * The number of bytes in a size.
 * @example bytes('256 KB') // 262144
 */
export function bytes(size: Size): number {
  const [amount, unit] = size.split(' ')
  return scaled(size, Number(amount), sizeBytes[unit ?? ''])
}

function scaled(written: string, amount: number, factor: number | undefined): number {
  if (factor === undefined || !Number.isFinite(amount) || amount < 0) {
    throw new RangeError(`"${written}" is not a duration or size: write for example '30 seconds' or '256 KB'`)
  }
  return amount * factor
}
