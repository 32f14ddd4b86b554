/**
 * Engines: where the systems of an environment keep things, as `groundplan.config.ts` names them. An engine is a value
 * that has opened nothing: reading a config reaches no server and reads no variable. The command line opens it, and says
 * what its variables hold.
 */
import type { Capabilities } from './capabilities.ts'
import type { Clock } from './clock.ts'
import type { Drivers, PlanShape } from './drivers.ts'

/** What drivers are of, each kept by one engine. */
export type DriverKind = Exclude<keyof Drivers, 'capabilities' | 'clock' | 'close'>

/** A variable of the environment, or of `.env`: read when an engine is opened, never when a config is. */
export interface FromEnv {
  readonly variable: string
}

/**
 * Names a variable in a config, where secrets and addresses do not belong.
 * @example postgres({ url: fromEnv('DATABASE_URL') })
 */
export function fromEnv(variable: string): FromEnv {
  return { variable }
}

/** The variables among values that a config gives. */
export function variablesIn(values: readonly unknown[]): readonly string[] {
  return values.flatMap(value =>
    typeof value === 'object' && value !== null && 'variable' in value ? [String(value.variable)] : [],
  )
}

/** What an engine is opened with. */
export interface Opening {
  readonly clock: Clock
  /** Seals vaults and signs links: 32 bytes, the same in every process. */
  readonly masterKey: Uint8Array
  /** Where requests reach the process. Absent: it answers none. */
  readonly baseUrl?: string
  /** What it is to open: what it keeps and no engine named before it does. */
  readonly parts: readonly DriverKind[]
  /** What the engines named before it have opened. */
  readonly others: Partial<Pick<Drivers, DriverKind>>
  /**
   * Somebody else carries on what waits in the outbox and what becomes due: the engine does none of it by itself, and this
   * process may not be allowed to. Absent: it does.
   */
  readonly carried?: true
  /** A text, or what its variable holds. Faults: `setting-missing`. */
  text(value: string | FromEnv): string
}

/** Services of a plan that run as functions of an engine: asked with JSON, they answer with JSON. */
export interface ServiceFunctions {
  /** Faults: `service-unavailable`. */
  call(service: string, json: string): Promise<string>
  /** The same, piece by piece as it comes. Ends when `signal` is aborted. Faults: those of `call`, also while it is read. */
  stream(service: string, json: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

/** The drivers of one engine. */
export interface Opened extends Partial<Pick<Drivers, DriverKind>> {
  /** Where services of the plan run as functions. */
  readonly functions?: ServiceFunctions
  /** Gives everything back. */
  close(): Promise<void>
}

/** One thing that a migration does, in words that say it before it is done. */
export interface MigrationStep {
  readonly what: string
  /** How many things it goes through, where that is known and takes time. */
  readonly of?: number
}

/** What a migration tells while it runs. */
export interface MigrationProgress {
  readonly step: MigrationStep
  readonly done: number
  /** Of those done, what did not fit and was left out. */
  readonly unfit?: number
}

/** Brings what an engine keeps up to a plan. */
export interface Migrations {
  /**
   * What would be done, in order; none where nothing is. Changes nothing. Faults: `engine-unavailable` (also where what
   * is there is newer than this program), `plan-invalid` (it cannot be brought up to this plan).
   */
  pending(): Promise<readonly MigrationStep[]>
  /** Does it, one process at a time, and goes on where a run before was interrupted. Faults: those of `pending`. */
  run(told: (progress: MigrationProgress) => void): Promise<void>
}

/** One engine of an environment, such as `postgres({ url: fromEnv('DATABASE_URL') })`. */
export interface Engine {
  readonly kind: 'engine'
  readonly name: string
  readonly keeps: readonly DriverKind[]
  readonly capabilities: Capabilities
  /** Variables that must be set before it is opened. */
  readonly variables: readonly string[]
  /** Its vault and its links are sealed with keys of its own: where it keeps them, no master key is needed. */
  readonly ownKeys?: boolean
  /** Faults: `engine-unavailable`; also where a migration is to run first. */
  open(shape: PlanShape, opening: Opening): Promise<Opened>
  /** Absent: it is brought up to a plan when it is opened, or by whoever runs it. */
  migrations?(shape: PlanShape, opening: Opening): Migrations
}
