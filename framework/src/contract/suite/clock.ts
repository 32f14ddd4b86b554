/** The promises of clocks. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { expect } from 'vitest'
import { type Clock, sleep } from '../clock.ts'
import type { Promised, Promises, Subject } from './promises.ts'

type ClockPromises = Promises<Subject, undefined>

function promise(keep: (subject: Subject) => Promise<void>): Promised<Subject, undefined> {
  return { needs: undefined, keep }
}

/** Notes what ran, and when. */
function noting(clock: Clock) {
  const ran: { readonly name: string; readonly atMs: number }[] = []
  const note = (name: string) => () => void ran.push({ name, atMs: clock.now() })
  return { ran, note, names: () => ran.map(({ name }) => name) }
}

export const clockPromises: ClockPromises = {
  'the time never goes back, and passes': promise(async ({ time }) => {
    const { clock } = time
    const seen = [clock.now()]
    for (let n = 0; n < 20; n++) {
      await time.advance(n % 3)
      for (let again = 0; again < 50; again++) seen.push(clock.now())
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(seen.every(Number.isSafeInteger)).toBe(true)
    const before = clock.now()
    await time.advance(25)
    expect(clock.now()).toBeGreaterThanOrEqual(before + 25)
  }),

  'a timer runs once, at its time or after it, and not before': promise(async ({ time }) => {
    const { clock } = time
    const { ran, note } = noting(clock)
    const dueMs = clock.now() + 30
    clock.at(dueMs, note('due'))
    expect(ran).toEqual([])
    await time.advance(60)
    expect(ran).toHaveLength(1)
    expect(ran[0]?.atMs).toBeGreaterThanOrEqual(dueMs)
    await time.advance(60)
    expect(ran).toHaveLength(1)
  }),

  'timers run in the order of their times, not in the order they were set': promise(async ({ time }) => {
    const { clock } = time
    const { note, names } = noting(clock)
    const nowMs = clock.now()
    clock.at(nowMs + 45, note('third'))
    clock.at(nowMs + 15, note('first'))
    clock.at(nowMs + 30, note('second'))
    await time.advance(70)
    expect(names()).toEqual(['first', 'second', 'third'])
  }),

  'a timer for a time that has passed runs soon, never at once': promise(async ({ time }) => {
    const { clock } = time
    for (const agoMs of [0, 1, 100_000]) {
      const ran = new Promise<void>(resolve => {
        let inCall = true
        clock.at(clock.now() - agoMs, () => {
          expect(inCall).toBe(false)
          resolve()
        })
        inCall = false
      })
      // Nobody lets time pass.
      await ran
    }
    const several = [3, 2, 1].map(agoMs => new Promise<void>(resolve => void clock.at(clock.now() - agoMs, resolve)))
    await Promise.all(several)
  }),

  'a cancelled timer does not run, and may be cancelled again': promise(async ({ time }) => {
    const { clock } = time
    const { note, names } = noting(clock)
    const nowMs = clock.now()
    const cancels = [0, 10, 20].map(ms => clock.at(nowMs + ms, note(`cancelled ${ms}`)))
    clock.at(nowMs + 15, note('kept'))
    for (const cancel of [...cancels, ...cancels]) cancel()
    await time.advance(40)
    expect(names()).toEqual(['kept'])
  }),

  'a timer that has run can be cancelled in vain': promise(async ({ time }) => {
    const { clock } = time
    const { note, names } = noting(clock)
    const cancel = clock.at(clock.now() + 5, note('one'))
    await time.advance(20)
    cancel()
    clock.at(clock.now() + 5, note('two'))
    cancel()
    await time.advance(20)
    expect(names()).toEqual(['one', 'two'])
  }),

  'a timer may set and cancel others': promise(async ({ time }) => {
    const { clock } = time
    const { note, names } = noting(clock)
    const nowMs = clock.now()
    const cancel = clock.at(nowMs + 40, note('cancelled on the way'))
    clock.at(nowMs + 10, () => {
      cancel()
      clock.at(clock.now() + 10, note('set on the way'))
      clock.at(clock.now(), note('set for now'))
    })
    await time.advance(70)
    expect(names()).toEqual(['set for now', 'set on the way'])
  }),

  'a timer far away does not run early, however far': promise(async ({ time }) => {
    const { clock } = time
    const { note, names } = noting(clock)
    const far = [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 + 5, 2 ** 45, Number.POSITIVE_INFINITY]
    const cancels = far.map(ms => clock.at(clock.now() + ms, note(`${ms}`)))
    await time.advance(40)
    for (const cancel of cancels) cancel()
    expect(names()).toEqual([])
  }),

  'a timer belongs to whoever set it': promise(async ({ time }) => {
    const { clock } = time
    const owner = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    for (const name of ['a', 'b']) owner.run(name, () => clock.at(clock.now() + 10, () => seen.push(owner.getStore())))
    owner.run('c', () => clock.at(clock.now() - 1, () => seen.push(owner.getStore())))
    await owner.run('whoever lets time pass', () => time.advance(30))
    expect(seen.toSorted()).toEqual(['a', 'b', 'c'])
  }),

  'a sleep ends at its time': promise(async ({ time }) => {
    const { clock } = time
    const beganMs = clock.now()
    const slept = sleep(clock, 20).then(() => clock.now())
    await time.advance(40)
    expect(await slept).toBeGreaterThanOrEqual(beganMs + 20)
    await sleep(clock, 0)
  }),

  'a sleep ends at once when its signal aborts, and leaves no timer': promise(async ({ time }) => {
    const { clock } = time
    const control = new AbortController()
    const slept = sleep(clock, 2 ** 40, control.signal)
    control.abort()
    await slept
    await sleep(clock, 2 ** 40, control.signal)
    await sleep(clock, 2 ** 40, AbortSignal.abort(new Error('why')))
  }),
}
