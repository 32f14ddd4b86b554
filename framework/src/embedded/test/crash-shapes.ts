/** What the process that is killed and the one that looks afterwards have in common. */
import type { QueueShape } from '../../contract/queue.ts'
import type { TableShape } from '../../contract/store.ts'

export const tableShapes: readonly TableShape[] = [
  { name: 'one', key: ['id'], indexes: { group: ['group'] }, changesTo: ['changes'] },
  { name: 'other', key: ['id'], indexes: {}, changesTo: [] },
]

export const queueShapes: readonly QueueShape[] = [
  { name: 'work', ordered: false },
  { name: 'steps', ordered: true },
  { name: 'crowd', ordered: false },
  { name: 'changes', ordered: true },
]

export const keys = ['a', 'b', 'c']
/** Longer than a process lives here: what it was told of a lease holds. */
export const leaseMs = 60_000
