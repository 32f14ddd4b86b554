/**
 * Measures contestants beside each other: rounds in which each runs once, in another order each time, so that what
 * disturbs the machine disturbs all. Ratios are taken within a round; what is reported is the median of the rounds.
 */

export interface Contestant {
  readonly name: string
  /** Does the work once with the value of this index; gives something that shows it was done. */
  readonly run: (index: number) => unknown
}

export interface Score {
  readonly name: string
  readonly nanoseconds: number
  /** How many times the time of the first contestant. */
  readonly ratio: number
}

const ROUNDS = 15
const ROUND_MS = 40

/** @param batch how many runs are timed together: few when one takes long */
export function measure(contestants: readonly Contestant[], batch = 1_000): Score[] {
  for (const contestant of contestants) timed(contestant, ROUND_MS * 3, batch)
  const rounds = Array.from({ length: ROUNDS }, (_, round) => roundOf(contestants, round, batch))
  return contestants.map(({ name }, index) => ({
    name,
    nanoseconds: median(rounds.map(times => times[index] ?? 0)),
    ratio: median(rounds.map(times => (times[index] ?? 0) / (times[0] ?? 1))),
  }))
}

/** The times of all, in the order in which they were given, whatever the order in which they ran. */
function roundOf(contestants: readonly Contestant[], round: number, batch: number): number[] {
  const times: number[] = []
  for (let turn = 0; turn < contestants.length; turn++) {
    const index = (turn + round) % contestants.length
    const contestant = contestants[index]
    if (contestant) times[index] = timed(contestant, ROUND_MS, batch)
  }
  return times
}

/** Nanoseconds for one run. */
function timed({ run }: Contestant, milliseconds: number, batch: number): number {
  globalThis.gc?.()
  const start = process.hrtime.bigint()
  const end = start + BigInt(milliseconds * 1e6)
  let runs = 0
  let now = start
  while (now < end) {
    for (let index = 0; index < batch; index++) if (run(index) === undefined) throw new Error('Nothing was done')
    runs += batch
    now = process.hrtime.bigint()
  }
  return Number(now - start) / runs
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export function table(title: string, scores: readonly Score[]): string {
  const width = Math.max(...scores.map(score => score.name.length))
  const lines = scores.map(
    ({ name, nanoseconds, ratio }) =>
      `  ${name.padEnd(width)}  ${nanoseconds.toFixed(0).padStart(9)} ns  ${ratio.toFixed(2).padStart(6)} ×`,
  )
  return [title, ...lines, ''].join('\n')
}
