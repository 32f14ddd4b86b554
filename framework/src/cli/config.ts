/**
 * `groundplan.config.ts`: what a repository runs, and where. Its types are all there is here; it is read by `load.ts`.
 */
import type { Engine } from '../contract/engine.ts'
import type { Pipeline, Traffic } from '../contract/pipeline.ts'
import type { Domains, Target } from '../contract/target.ts'

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
  /** How what is committed comes to the environments that have a target. */
  readonly pipeline?: Pipeline
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
  /**
   * Domain names that gateways have of their own there, by system and gateway. What `compose --env` and the target write
   * answers at each of them for its gateway alone, at the path that it has everywhere.
   */
  readonly domains?: Domains
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
export function config<
  const Systems extends Config['systems'],
  const Named extends Environments = Environments,
>(options: {
  readonly systems: Systems
  readonly start?: readonly (keyof Systems & string)[]
  readonly web?: string
  readonly environments?: Named
  readonly pipeline?: Pipeline<keyof Named & string, keyof Systems & string>
}): Config {
  const { environments, pipeline } = options
  if (environments === undefined) return options
  const named = withDomains(environments)
  return { ...options, environments: pipeline === undefined ? named : shifting(named, pipeline) }
}

/** A target is told of the names that its environment has. */
function withDomains(environments: Environments): Environments {
  return Object.fromEntries(
    Object.entries(environments).map(([name, environment]) => {
      const { target, domains } = environment
      return [name, target?.named && domains ? { ...environment, target: target.named(domains) } : environment]
    }),
  )
}

/** A target is told of the traffic of its stage: its templates have what moves it. */
function shifting(environments: Environments, { stages }: Pipeline): Environments {
  const named = stages.flatMap(stage =>
    'deploy' in stage && stage.traffic
      ? [[stage.deploy, withTraffic(environments[stage.deploy], stage.traffic)] as const]
      : [],
  )
  return { ...environments, ...Object.fromEntries(named) }
}

function withTraffic(
  environment: EnvironmentOf = {},
  given: Readonly<Record<string, Traffic | undefined>>,
): EnvironmentOf {
  const { target } = environment
  if (!target?.shifting) return environment
  const traffic = Object.entries(given).flatMap(([system, each]) => (each ? [[system, each] as const] : []))
  return { ...environment, target: target.shifting(Object.fromEntries(traffic)) }
}
