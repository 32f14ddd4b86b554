/**
 * How a process that serves comes to its end.
 *
 * - *running*: until a signal asks it to stop, or an error that nobody caught leaves it in an unknown state.
 * - *stopping*: it takes nothing more; what runs may finish, what does not is handed back. At most 10 seconds.
 * - *ended*.
 * A second signal that comes more than a second after the first ends it at once. One that comes sooner is the same
 * Ctrl-C: a shell sends it to everybody, and npm or `timeout` hand on theirs as well.
 */
import { constants } from 'node:os'
import { exitCodes } from './errors.ts'
import type { EndSignal, Stray, Terminal } from './terminal.ts'

/** For what runs; the rest of the 10 seconds is for letting go of everything. */
const graceMs = 8_500
const mostMs = 9_000
const sameSignalMs = 1_000

export interface Stoppable {
  /** Hears of the beginning of the end, once. */
  stopping(why: EndSignal | 'error'): void
  /** Hears of every error that nobody caught. A rejection is told and no more: others are served meanwhile. */
  stray(error: unknown, kind: Stray): void
  /** Takes no more work; resolves when nothing runs, or what runs was handed back after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/** Resolves when stopped, with the exit code: 0 after a signal, 1 after an error that nobody caught. */
export function untilStopped(terminal: Terminal, { stopping, stray, stop }: Stoppable): Promise<number> {
  return new Promise(resolve => {
    let since: number | undefined
    const begin = (why: EndSignal | 'error'): void => {
      if (since !== undefined) {
        if (why !== 'error' && performance.now() - since > sameSignalMs) terminal.exit(128 + constants.signals[why])
        return
      }
      since = performance.now()
      stopping(why)
      void withinGrace(stop).then(() => {
        release()
        resolve(why === 'error' ? exitCodes.failed : exitCodes.done)
      })
    }
    const onStray = (error: unknown, kind: Stray): void => {
      stray(error, kind)
      if (kind === 'exception') begin('error')
    }
    const releases = [terminal.onSignal(begin), terminal.onStray(onStray)]
    const release = (): void => {
      for (const each of releases) each()
    }
  })
}

/** Something that does not stop, or fails while it does, keeps nobody waiting. */
async function withinGrace(stop: Stoppable['stop']): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, mostMs)
  })
  await Promise.race([stop(graceMs).catch(() => {}), late])
  clearTimeout(timer)
}
