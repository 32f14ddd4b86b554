/**
 * How long a queue's work keeps everything else of the process waiting: messages are sent and handled at a steady rate,
 * and a timer of a millisecond looks how late it is, and how much of the processor this thread had since it last ran. The
 * second is what the work itself took, whoever else wants the machine.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

export interface Stalls {
  readonly handled: number
  /** Of the clock on the wall. */
  readonly latestMs: number
  /** Of the processor, this thread alone; NaN where the system does not tell. */
  readonly longestMs: number
}

const mostAtOnce = 50

/** `send` and `handled` are of one queue; its consumers run already. */
export async function stalls(
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
  send: () => Promise<unknown>,
  handled: () => number,
): Promise<Stalls> {
  const usedMs = threadTime()
  const start = performance.now()
  const before = handled()
  let [latestMs, longestMs, sent] = [0, 0, 0]
  let [at, used] = [start, usedMs()]
  while (at - start < seconds * 1_000) {
    // No more at once, where this process was kept waiting by others: they come with the next turns.
    const due = Math.min(((at - start) * perSecond) / 1_000, sent + mostAtOnce)
    for (; sent < due; sent++) void send()
    await wait(1)
    const [now, nowUsed] = [performance.now(), usedMs()]
    latestMs = Math.max(latestMs, now - at - 1)
    longestMs = Math.max(longestMs, nowUsed - used)
    at = now
    used = nowUsed
  }
  while (handled() - before < sent) await wait(5)
  return { handled: sent, latestMs, longestMs }
}

/** What the thread had of the processor, in milliseconds. Linux says so. */
function threadTime(): () => number {
  if (process.platform !== 'linux') return () => Number.NaN
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
  const bytes = Buffer.alloc(64)
  process.once('exit', () => closeSync(file))
  return () => Number.parseInt(bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0)), 10) / 1e6
}
