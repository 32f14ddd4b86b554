/**
 * The first module of a function's bundle: the plan, the service, and what it finds where it runs. What engines are told of
 * the plan is known now, so it stands here as data.
 */
import type { PlanShape } from 'groundplan/driver'
import { carrier, type Right } from '../rights.ts'
import type { System } from '../system.ts'

export interface BundledFunction {
  /** A service, or the carrier. */
  readonly name: string
  readonly rights: readonly Right[]
}

/** The functions of a system: its services that run so, and what carries on for them. */
export function functionsOf({ services, carrier: carrying }: System): readonly BundledFunction[] {
  const own = services.filter(({ compute }) => compute === 'functions').map(({ name, rights }) => ({ name, rights }))
  return carrying ? [...own, { name: carrier, rights: carrying }] : own
}

/** `planFile`: as an import writes it. */
export function entryOf(made: BundledFunction, shape: PlanShape, planFile: string): string {
  const own = shapeFor(made, shape)
  const service = made.name === carrier ? [] : [`service: ${JSON.stringify(made.name)}`]
  const databases = own.databases.length > 0
  return [
    "import { lambdaHandler, systemClock } from 'groundplan/lambda'",
    "import { onLambda } from '@groundplan/aws/lambda'",
    ...(databases ? databaseImports : []),
    `import plan from ${JSON.stringify(planFile)}`,
    'const clock = systemClock()',
    `const shape = ${JSON.stringify(own)}`,
    ...(databases
      ? ['const databases = databasesOn(shape, { clock, ...auroraHere(clock), makes: true, connections: 2 })']
      : []),
    `const there = onLambda({ ${['clock', ...service, ...(databases ? ['databases'] : [])].join(', ')} })`,
    'export const handler = lambdaHandler({ plan, shape, host: globalThis.awslambda, ...there })',
    '',
  ].join('\n')
}

const databaseImports = [
  "import { auroraHere } from '@groundplan/aws/database'",
  "import { databasesOn } from '@groundplan/postgres/databases'",
]

/** What of a plan's shape somebody with these rights meets. */
export function shapeFor({ rights }: BundledFunction, shape: PlanShape): PlanShape {
  const named = (on: Right['on'][]) => new Set(rights.filter(right => on.includes(right.on)).map(({ name }) => name))
  const [tables, queues, buckets] = [named(['table', 'stream']), named(['queue']), named(['bucket'])]
  const heard = shape.buckets.filter(({ createdTo }) => createdTo.some(queue => queues.has(queue)))
  return {
    plan: shape.plan,
    tables: shape.tables.filter(({ name }) => tables.has(name)),
    queues: shape.queues.filter(({ name }) => queues.has(name)),
    buckets: shape.buckets.filter(bucket => buckets.has(bucket.name) || heard.includes(bucket)),
    databases: named(['database']).size > 0 ? shape.databases : [],
  }
}
