/**
 * `groundplan deploy`: brings systems up to their plans where an environment ships them. What is to be done is said first;
 * who must agree to it is the environment's to say.
 */
import type { Deployment } from '../contract/deployment.ts'
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
  short,
  signedText,
  toldTo,
} from './deploying.ts'
import { changesText } from './diff.ts'
import { envFlag } from './environments.ts'
import { exitCodes, Failure, wrongUsage } from './errors.ts'
import type { LoadedSystem } from './load.ts'
import { canAsk, sure } from './operating.ts'
import type { Terminal } from './terminal.ts'

const flags = {
  env: envFlag,
  profile: profileFlag,
  images: {
    type: 'string',
    value: '<tag>',
    help: 'images to run: one tag for all, or server=<tag>,web=<tag> (those that run)',
  },
  yes: { type: 'boolean', help: 'agrees without being asked, where the environment leaves it to whoever deploys' },
  ask: { type: 'boolean', help: 'deploys nothing, and asks somebody else to approve it' },
  'lose-data': { type: 'boolean', help: 'also where data would be lost' },
  json: { type: 'boolean', help: 'a line of JSON for the plan, for each thing, and for the end' },
} as const

export const deploy = command({
  name: 'deploy',
  summary: 'Brings systems up to their plans where an environment ships them',
  takes: '[system…]',
  about:
    'Says what is to be done, in the words of `groundplan diff`, and asks; then does it, part by part, a line for each thing.\n' +
    'Interrupted, it goes on when it is given again. What failed is said with its cause first, and everything of that part\n' +
    'is as it was. Where the environment wants the approval of another, that one gives it by `groundplan approve`.\n' +
    'Exit code 3: something becomes wider, and nobody agreed. 4: data would be lost. 5: it waits for an approval or for\n' +
    'images. 130: interrupted.',
  flags,
  examples: [
    ['groundplan deploy storefront --env test', 'one system; asks first'],
    ['groundplan deploy storefront --env development --profile shop-development', 'as who you are there'],
    ['groundplan deploy --env test --images 4f2c1a9 --yes', 'in a pipeline, with the images of a commit'],
    ['groundplan deploy --env production --ask', 'asks somebody else to approve'],
  ],
  async run(given, named, terminal) {
    if (given.ask && given.yes) throw wrongUsage('--ask and --yes say opposite things', 'leave one away')
    const destination = await destinationOf(terminal, named, given.env, 'deploy')
    return interruptible(terminal, async signal => {
      for (const system of destination.systems) {
        const code = await deploySystem(destination, system, given, terminal, signal)
        if (code !== exitCodes.done) return code
      }
      return exitCodes.done
    })
  },
})

async function deploySystem(
  destination: Destination,
  system: LoadedSystem,
  given: Given<typeof flags>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { target, environment } = destination
  const { name } = system.plan
  const { json, profile } = given
  if (!target.deployment) throw cannot(target, 'deploy')
  const images = imagesIn(given.images)
  const shipping = shippingOf(destination, system, { signal, told: toldTo(terminal, name, json), profile })
  const found = await target.deployment({ ...shipping, ...(images === undefined ? {} : { images }) })
  tell(found, name, environment, terminal, json)
  if (found.changes.changes.length === 0) return ended(await found.run(), name, terminal, json)
  if (found.changes.loses.length > 0 && !given['lose-data']) throw loses(name)
  if (given.ask) return asks(found, name, environment, terminal, json)
  await agreed(found, environment, given, terminal)
  return ended(await found.run(), name, terminal, json)
}

function tell(
  found: Deployment,
  system: string,
  environment: string,
  terminal: Terminal,
  json: true | undefined,
): void {
  const { digest, changes, approval, approved, to } = found
  if (json) {
    const plan = { event: 'plan', system, environment, to, digest, approval, ...(approved ? { approved } : {}) }
    terminal.out(`${JSON.stringify({ ...plan, ...changes })}\n`)
    return
  }
  terminal.out(changesText({ system, environment }, changes, terminal))
  if (changes.changes.length === 0) return
  terminal.out(`  deployment ${short(digest)} to ${to}\n`)
  if (approved) terminal.out(`  approved by ${signedText(approved)}\n`)
}

function loses(system: string): Failure {
  const wayOut = 'take the change back, or add --lose-data where nobody needs what is lost'
  return new Failure(`Data of ${system} would be lost: nothing was done`, wayOut, deployExits.loses)
}

async function asks(
  found: Deployment,
  system: string,
  environment: string,
  terminal: Terminal,
  json: true | undefined,
): Promise<number> {
  const asked = await found.ask()
  const line = { event: 'asked', system, environment, digest: found.digest, asked }
  const next = `groundplan approve ${system} --env ${environment}`
  if (json) terminal.out(`${JSON.stringify(line)}\n`)
  else terminal.out(`asked for an approval of ${short(found.digest)}; somebody else gives it: ${next}\n`)
  return exitCodes.done
}

/** Throws a failure where whoever must agree has not. */
async function agreed(
  { approval, approved, digest, changes }: Deployment,
  environment: string,
  { yes }: Given<typeof flags>,
  terminal: Terminal,
): Promise<void> {
  if (approval === 'nobody' || (approval === 'another' && approved)) return
  if (approval === 'another') {
    const what = `"${environment}" needs the approval of somebody else, and ${short(digest)} has none`
    throw new Failure(what, 'ask for it: groundplan deploy --ask\nthen: groundplan approve', deployExits.waits)
  }
  if (!yes && !canAsk(terminal) && changes.widens.length > 0) {
    const what = 'Permissions or network paths become wider, and nobody can be asked here'
    throw new Failure(what, 'add --yes to agree', deployExits.widens)
  }
  const count = changes.changes.length
  await sure(terminal, yes, `Do ${count === 1 ? 'this' : `these ${count} things`} in "${environment}"?`)
}

/** Throws a failure (wrong usage) for what is no tag. */
function imagesIn(given: string | undefined): string | Readonly<Record<string, string>> | undefined {
  if (given === undefined || !given.includes('=')) return given
  const pairs = given.split(',').map(pair => pair.split('='))
  const wrong = pairs.find(pair => pair.length !== 2 || pair.includes(''))
  if (wrong)
    throw wrongUsage(`"${wrong.join('=')}" names no image`, 'groundplan deploy --images server=<tag>,web=<tag>')
  return Object.fromEntries(pairs.map(([service = '', tag = '']) => [service, tag]))
}
