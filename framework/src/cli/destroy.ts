/**
 * `groundplan destroy`: takes systems away from where an environment ships them. Whatever holds data of a plan, or is
 * protected, must be named; and the environment's name must be typed.
 */
import type { Removal } from '../contract/deployment.ts'
import { command, type Given } from './command.ts'
import {
  cannot,
  type Destination,
  deployExits,
  destinationOf,
  ended,
  interruptible,
  profileFlag,
  shippingOf,
  toldTo,
} from './deploying.ts'
import { envFlag } from './environments.ts'
import { Failure, wrongUsage } from './errors.ts'
import type { LoadedSystem } from './load.ts'
import { canAsk, lineFrom } from './operating.ts'
import { paint, type Terminal } from './terminal.ts'

const flags = {
  env: envFlag,
  profile: profileFlag,
  with: {
    type: 'string',
    value: '<names>',
    help: 'what goes too although it holds data or is protected: orders,pictures',
  },
  confirm: { type: 'string', value: '<name>', help: "the environment's name, where nobody can type it" },
  json: { type: 'boolean', help: 'lines of JSON, for a machine' },
} as const

export const destroy = command({
  name: 'destroy',
  summary: 'Takes a system away from where an environment ships it',
  takes: '<system>',
  about:
    'Says what goes and what stays, and wants the name of the environment typed. Tables, databases, buckets and secrets of\n' +
    'the plan, and what is protected, go only where --with names each of them. What a template keeps stays where it is.\n' +
    'Interrupted, it goes on when it is given again. Exit code 4: it would take data that was not named.',
  flags,
  examples: [
    ['groundplan destroy counter --env test', 'says what would have to be named'],
    ['groundplan destroy counter --env test --with stock,sales --confirm test', 'in a pipeline'],
  ],
  async run(given, named, terminal) {
    if (named.length !== 1) throw wrongUsage('It takes one system', 'groundplan destroy <system> --env <name>')
    const destination = await destinationOf(terminal, named, given.env, 'destroy')
    const [system] = destination.systems
    if (!system) throw wrongUsage('There is no such system', 'groundplan destroy <system> --env <name>')
    return interruptible(terminal, signal => destroySystem(destination, system, given, terminal, signal))
  },
})

async function destroySystem(
  destination: Destination,
  system: LoadedSystem,
  given: Given<typeof flags>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { target, environment } = destination
  const { name } = system.plan
  const { json, profile } = given
  if (!target.removal) throw cannot(target, 'remove')
  const told = toldTo(terminal, name, json)
  const found = await target.removal(shippingOf(destination, system, { signal, told, profile }))
  if (found.things.length === 0) return ended({ end: 'done', addresses: [] }, name, terminal, json)
  tell(found, name, environment, terminal, json)
  refuseUnnamed(found, name, environment, given.with)
  await confirmed(environment, given.confirm, terminal)
  return ended(await found.run(), name, terminal, json)
}

function tell(found: Removal, system: string, environment: string, terminal: Terminal, json: true | undefined): void {
  const { things, mustBeNamed, to } = found
  if (json) {
    terminal.out(`${JSON.stringify({ event: 'plan', system, environment, to, things, mustBeNamed })}\n`)
    return
  }
  const ink = paint(terminal.colours)
  const data = things.filter(({ holdsData }) => holdsData)
  const lines = [
    `${ink.bold(`${system}, ${environment}`)}, ${to}`,
    ...data.map(({ what, stays }) => (stays ? `  ${ink.dim(`= stays ${what}`)}` : `  ${ink.red('- removes')} ${what}`)),
    `  - removes ${things.length - data.length} things that hold nothing`,
  ]
  terminal.out(`${lines.join('\n')}\n`)
}

/** Throws a failure that names all that must be named, as it is to be typed. */
function refuseUnnamed({ mustBeNamed }: Removal, system: string, environment: string, given = ''): void {
  const named = given.split(',').map(name => name.trim())
  const unnamed = mustBeNamed.filter(name => !named.includes(name))
  if (unnamed.length === 0) return
  const message = `It holds data or is protected, and was not named: ${unnamed.join(', ')}`
  const line = `groundplan destroy ${system} --env ${environment} --with ${mustBeNamed.join(',')}`
  throw new Failure(message, `nothing was done; to remove all of it: ${line}`, deployExits.loses)
}

/** Throws a failure where the name is another, or nobody can type it. */
async function confirmed(environment: string, given: string | undefined, terminal: Terminal): Promise<void> {
  const typed = given ?? (canAsk(terminal) ? await asked(environment, terminal) : undefined)
  if (typed === environment) return
  if (typed !== undefined) throw new Failure('Nothing was done', `type "${environment}" to do it`)
  throw wrongUsage('Nobody can be asked here', `add --confirm ${environment} to do it`)
}

async function asked(environment: string, terminal: Terminal): Promise<string> {
  terminal.error(`This cannot be taken back. Type the environment's name (${environment}): `)
  return (await lineFrom(terminal)).trim()
}
