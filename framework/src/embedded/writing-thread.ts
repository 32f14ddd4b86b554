/**
 * What the package's writing thread says of the transactions it writes. The package itself tells neither that one is
 * visible before its flush is over (its promise of the commit waits for the disk), nor that a flush has failed (its
 * promise of the flush is never settled then), so we listen to the thread.
 */
import type { RootDatabase } from 'lmdb'

/** Hears of one transaction, as long as it is written. */
export interface Listener {
  /** It is visible, if it has written anything; its flush begins. */
  readonly visible: () => void
  /** It was not committed, or not flushed. */
  readonly failed: (reason: unknown) => void
}

/** The thread's own numbers: it is done, it has committed, it waits for us to do our part in the transaction. */
const said = { done: 0, committed: 1, waiting: 2 } as const

type Report = (status: number) => unknown

/** `next`: who listens to the transaction that the thread begins with now. */
export function listenToWriting(root: RootDatabase<Buffer, Uint8Array>, next: () => Listener | undefined): void {
  // Not in its types. Where a later version has it no more, transactions do not overlap, and a flush that fails is never
  // acknowledged.
  const { env } = root as unknown as { readonly env?: { startWriting?: (address: number, report: Report) => unknown } }
  const start = env?.startWriting
  if (!env || !start) return
  const watched = (address: number, report: Report): unknown => {
    const listener = next()
    return start.call(env, address, status => {
      const answer = report(status)
      if (listener) tell(listener, status)
      return answer
    })
  }
  Object.defineProperty(env, 'startWriting', { value: watched })
}

function tell(listener: Listener, status: number): void {
  if (status === said.committed) listener.visible()
  else if (status !== said.done && status !== said.waiting) {
    listener.failed(new Error(`the disk did not take it (error ${status})`))
  }
}

/** The number of the last transaction that readers can see. */
export function lastVisible(root: RootDatabase<Buffer, Uint8Array>): number {
  const { lastTxnId } = root.getStats() as { readonly lastTxnId?: unknown }
  return typeof lastTxnId === 'number' ? lastTxnId : 0
}
