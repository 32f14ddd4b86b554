/** Reads of an environment that was closed: LMDB would refuse them in words of its own. */
import { fault } from '../contract/problems.ts'
import type { Environment } from './environment.ts'

/** A check for those who read. Faults: `engine-unavailable` once the environment closes. */
export function openUntilClosed(environment: Environment): () => void {
  let closed = false
  environment.onClose(() => {
    closed = true
  })
  return () => {
    if (closed) throw fault('engine-unavailable', 'the data folder is closed')
  }
}
