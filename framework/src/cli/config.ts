/**
 * `groundplan.config.ts`: what a repository runs, and where. Its types are all there is here; it is read by `load.ts`.
 */
import type { Engine } from '../contract/engine.ts'
import type { Target } from '../contract/target.ts'

export { fromEnv } from '../contract/engine.ts'

export interface Config {
  /** Where each system's plan is, by the plan's name; paths from the config's folder. */
  readonly systems: Readonly<Record<string, string>>
  /** Which of them `groundplan start` starts when none is named. Default: all. */
  readonly start?: readonly string[]
  /** The folder of the web front, a Next.js application, from the config's folder. Default: there is none. */
  readonly web?: string
  /** Where the systems run beside this machine's disk, by names that `--env` takes. */
  readonly environments?: Environments
}

/** By their names. */
export type Environments = Readonly<Record<string, EnvironmentOf>>

/** One environment. */
export interface EnvironmentOf {
  /**
   * The engines that `groundplan start --env <name>` runs on, in this process. Each keeps what none before it keeps; what
   * none of them keeps is on this machine's disk. `GROUNDPLAN_MASTER_KEY_FILE` names what seals the vaults.
   */
  readonly drivers?: Engine | readonly Engine[]
  /** Where it is shipped to: `synth`, `diff`, `deploy` and `destroy` ask it. */
  readonly target?: Target
}

/**
 * Declares what a repository runs; `groundplan.config.ts` exports it by default.
 * @example
 * export default config({
 *   systems: { counter: './systems/counter/plan.ts' },
 *   start: ['counter'],
 *   web: './web',
 *   environments: { production: { drivers: postgres({ url: fromEnv('DATABASE_URL') }) } },
 * })
 */
export function config<const Systems extends Config['systems']>(options: {
  readonly systems: Systems
  readonly start?: readonly (keyof Systems & string)[]
  readonly web?: string
  readonly environments?: Environments
}): Config {
  return options
}
