/**
 * How a contract is proven: a list of promises, each a function that gets a fresh subject and throws when the promise
 * is broken, run against one engine. A skip names its promise and its reason; a skip whose promise is gone, or which is
 * kept after all, fails the run.
 */
import { describe, expect, it } from 'vitest'
import type { Clock } from '../clock.ts'

/** Time in a suite: advanced where the clock is ours, waited for (or skipped by name) where it is the engine's. */
export interface TestTime {
  readonly clock: Clock
  /** Lets time pass; everything due on the way has run when it resolves. */
  advance(ms: number): Promise<void>
}

/** One engine's driver, fresh, for one test. */
export interface Subject {
  readonly time: TestTime
  close(): Promise<void>
}

export type Promises<S extends Subject, Shape> = Readonly<Record<string, Promised<S, Shape>>>

export interface Promised<S extends Subject, Shape> {
  /** What the test needs declared: tables, queues, buckets. */
  readonly needs: Shape
  keep(subject: S): Promise<void>
}

export interface Skip {
  readonly reason: string
  /** False where even trying is impossible or would take too long. Default true: tried, and expected to fail. */
  readonly tried?: boolean
}
export type Skips = Readonly<Record<string, Skip>>

/** Runs the promises of a kind against an engine. `make` gives a fresh driver with what the test needs. */
export function provePromises<S extends Subject, Shape>(
  kind: string,
  engine: string,
  promises: Promises<S, Shape>,
  make: (needs: Shape) => Promise<S>,
  skips: Skips = {},
): void {
  describe(`contract: ${kind} on ${engine}`, () => {
    for (const [title, promised] of Object.entries(promises)) prove(title, promised, make, skips[title])
    it('has no skip without its promise', () => {
      expect(Object.keys(skips).filter(title => !(title in promises))).toEqual([])
    })
  })
}

function prove<S extends Subject, Shape>(
  title: string,
  promised: Promised<S, Shape>,
  make: (needs: Shape) => Promise<S>,
  skip: Skip | undefined,
): void {
  if (!skip) {
    it(title, () => kept(promised, make))
  } else if (skip.tried === false) {
    it.skip(`${title} — skipped: ${skip.reason}`)
  } else {
    it(`${title} — skipped: ${skip.reason}`, async context => {
      await expect(kept(promised, make), 'this promise is kept now: remove its skip').rejects.toThrow()
      context.skip(skip.reason)
    })
  }
}

async function kept<S extends Subject, Shape>(
  promised: Promised<S, Shape>,
  make: (needs: Shape) => Promise<S>,
): Promise<void> {
  const subject = await make(promised.needs)
  try {
    await promised.keep(subject)
  } finally {
    await subject.close()
  }
}
