/**
 * Capabilities: where engines differ, as data. Read by the plan's check at start, the suite's skips, the published
 * matrix and `groundplan check`; nothing else asks what engine it is on.
 */

export interface Capabilities {
  /** The engine's name, for messages and the matrix. */
  readonly engine: string
  /** Whose clock decides leases and expiry: one that tests can advance, or the engine's own. */
  readonly clock: 'ours' | 'engine'
  /** What an acknowledged write survives. */
  readonly survives: 'nothing' | 'killed process' | 'power loss'
  /** What a committed transaction of a database survives, where that is less. */
  readonly databasesSurvive?: 'nothing' | 'killed process'
  /** How long an index may lag behind a write; 0: not at all. */
  readonly indexLagMs: number
  /** Whether the store tells of changes at once (`watcher`). */
  readonly liveChanges: boolean
  /** What is offered at all. */
  readonly databases: boolean
  readonly buckets: boolean
  /**
   * What credentials to upload (`uploader`) are held to: place and time alone, or size and type as well. Absent: there are
   * none.
   */
  readonly uploads?: 'unbounded' | 'bounded'
}
