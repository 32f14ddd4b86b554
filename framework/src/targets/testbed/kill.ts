/**
 * Killing a process at every point where it waits for an engine, one after the other, and starting it again.
 */
import type { Gateways } from '../../plan/plan.ts'
import { milliseconds } from '../../plan/words.ts'
import type { Testbed } from './bed.ts'
import { ProcessDied } from './process.ts'

export interface Killing<G extends Gateways, T> {
  /** A fresh bed for each point. */
  boot(): Promise<Testbed<G>>
  /** What is done, and done again after the restart: a request with its idempotency key, say. */
  act(bed: Testbed<G>): Promise<T>
  /** Looks at the bed at the moment of death, before the restart. */
  atDeath?(bed: Testbed<G>, point: number): Promise<void>
  /** Looks at what came of it. `first` is undefined where the process died before it answered. */
  check(
    bed: Testbed<G>,
    outcome: { readonly first: T | undefined; readonly again: T; readonly point: number },
  ): Promise<void>
}

/** Longer than any lease and any claim. */
const untilLeasesAreOver = milliseconds('2 minutes')

/**
 * Runs `act` once for each point of everything it sets in motion, killing the process there: before and after each
 * operation on an engine, in its own handler and in all that follow from it. Gives the number of points.
 * @example
 * const points = await killedEverywhere({ boot: () => testbed(counter), act: bed => bed.gateways.api.sell({ once: 'k' }), check })
 */
export async function killedEverywhere<G extends Gateways, T>(killing: Killing<G, T>): Promise<number> {
  for (let point = 0; ; point++) {
    if (!(await killedAt(killing, point))) return point
  }
}

async function killedAt<G extends Gateways, T>(killing: Killing<G, T>, point: number): Promise<boolean> {
  await using bed = await killing.boot()
  bed.dieAt(point)
  const first = await killing.act(bed).catch(unlessDied)
  if (!bed.dead) await bed.settled()
  const died = bed.dead
  bed.dieAt(Number.POSITIVE_INFINITY)
  if (died) {
    await killing.atDeath?.(bed, point)
    await bed.restart()
    await bed.advance(`${untilLeasesAreOver} milliseconds`)
  }
  const again = await killing.act(bed)
  await bed.settled()
  await killing.check(bed, { first, again, point })
  return died
}

function unlessDied(error: unknown): undefined {
  if (!(error instanceof ProcessDied)) throw error
}
