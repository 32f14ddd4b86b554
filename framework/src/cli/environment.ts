/**
 * The environment's values of settings and secrets: from the process, and from `.env` beside the config where the process
 * has none. `renderer-url` of the plan `giftflick` is `GIFTFLICK_RENDERER_URL`. What is missing or wrong is told all at
 * once, by name.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { partsOf, resourcesOf } from '../plan/parts.ts'
import type { Plan } from '../plan/plan.ts'
import type { GivenValues } from '../targets/embedded.ts'
import { Failure } from './errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What a plan's vault is to hold, by name. */
export interface PlanValues extends GivenValues {
  /** Variables that a plan needs and nobody has set. */
  readonly missing: readonly string[]
}

/** The process's environment on top of the `.env` of a folder. */
export async function environmentIn(folder: string, environment: Environment): Promise<Environment> {
  const text = await readFile(join(folder, '.env'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return { ...parseEnv(text), ...environment }
}

/**
 * The values that an environment gives to a plan. Secrets of tenants are kept by handlers and never stand in an
 * environment. Throws a failure that names every setting whose value does not fit its schema.
 */
export function valuesOf(plan: Plan, environment: Environment): PlanValues {
  const parts = partsOf(plan)
  const settings = resourcesOf(parts, 'setting')
  const secrets = resourcesOf(parts, 'secret').filter(({ perTenant }) => !perTenant)
  const given = (name: string): string | undefined => environment[variable(plan.name, name)]
  const wrong = settings.flatMap(({ name, schema }) => {
    const value = given(name)
    const issue = value === undefined ? undefined : schema.safeParse(value).error?.issues[0]
    return issue ? [`${variable(plan.name, name)}: ${issue.message}`] : []
  })
  if (wrong.length > 0) throw new Failure(`Settings do not fit:\n  ${wrong.join('\n  ')}`, 'correct them in .env')
  const needed = settings.filter(({ schema }) => !schema.safeParse(undefined).success)
  const unset = [...needed, ...secrets].filter(({ name }) => given(name) === undefined)
  return {
    settings: valuesByName(settings, given),
    secrets: valuesByName(secrets, given),
    missing: unset.map(({ name }) => variable(plan.name, name)),
  }
}

/** The variable that holds a setting or secret. */
export function variable(plan: string, name: string): string {
  return `${plan}_${name}`.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}

function valuesByName(
  things: readonly { readonly name: string }[],
  given: (name: string) => string | undefined,
): Readonly<Record<string, string>> {
  const found = things.flatMap(({ name }) => {
    const value = given(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(found)
}
