/**
 * `groundplan.config.ts`: what a repository runs. Its types are all there is here; it is read by `load.ts`.
 */

export interface Config {
  /** Where each system's plan is, by the plan's name; paths from the config's folder. */
  readonly systems: Readonly<Record<string, string>>
  /** Which of them `groundplan start` starts when none is named. Default: all. */
  readonly start?: readonly string[]
  /** The folder of the web front, a Next.js application, from the config's folder. Default: there is none. */
  readonly web?: string
}

/**
 * Declares what a repository runs; `groundplan.config.ts` exports it by default.
 * @example
 * export default config({
 *   systems: { counter: './systems/counter/plan.ts' },
 *   start: ['counter'],
 *   web: './web',
 * })
 */
export function config<const Systems extends Config['systems']>(options: {
  readonly systems: Systems
  readonly start?: readonly (keyof Systems & string)[]
  readonly web?: string
}): Config {
  return options
}
