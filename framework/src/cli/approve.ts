/**
 * `groundplan approve`: agrees to a deployment that somebody else asked for. What it would do is said again, from what lies
 * there to be deployed; another deployment has another digest, and needs an approval of its own.
 */
import { command } from './command.ts'
import { cannot, destinationOf, profileFlag, short, signedText } from './deploying.ts'
import { changesText } from './diff.ts'
import { envFlag } from './environments.ts'
import { exitCodes, Failure } from './errors.ts'
import { sure, yesFlag } from './operating.ts'

export const approve = command({
  name: 'approve',
  summary: 'Agrees to a deployment that somebody else asked for',
  takes: '<system> [digest]',
  about:
    'Says what the deployment would do, and asks. Who asked cannot agree. An approval is for one deployment: with another\n' +
    'plan, other images, or something else deployed meanwhile, it is void.',
  flags: {
    env: envFlag,
    profile: profileFlag,
    yes: yesFlag,
    json: { type: 'boolean', help: 'lines of JSON, for a machine' },
  },
  examples: [
    ['groundplan approve storefront --env production', 'shows what was asked last, and asks'],
    ['groundplan approve storefront 4f2c1a9b03de --env production --yes', 'in a pipeline: this one, or none'],
  ],
  async run({ env, profile, yes, json }, [system, digest], terminal) {
    const { target, environment, systems } = await destinationOf(terminal, system ? [system] : [], env, 'approve')
    if (!target.asked) throw cannot(target, 'ask for approvals')
    const [only, ...others] = systems
    if (!only || others.length > 0) throw new Failure('It is not said which system', 'groundplan approve <system>')
    const { name } = only.plan
    const found = await target.asked(only.plan, environment, profile)
    if (!found)
      throw new Failure(`Nobody asked for an approval of ${name} in "${environment}"`, 'groundplan deploy --ask')
    if (digest !== undefined && !found.digest.startsWith(digest)) throw another(found.digest)
    const about = { event: 'asked', system: name, environment, digest: found.digest, asked: found.asked }
    if (json) terminal.out(`${JSON.stringify({ ...about, ...found.changes })}\n`)
    else {
      terminal.out(changesText({ system: name, environment }, found.changes, terminal))
      terminal.out(`  deployment ${short(found.digest)}, asked for by ${signedText(found.asked)}\n`)
    }
    await sure(terminal, yes, `Approve this deployment to "${environment}"?`)
    const approved = await found.approve()
    if (json) terminal.out(`${JSON.stringify({ event: 'approved', digest: found.digest, approved })}\n`)
    else terminal.out(`approved ${short(found.digest)} by ${signedText(approved)}\n`)
    return exitCodes.done
  },
})

function another(digest: string): Failure {
  const message = `What was asked last is ${short(digest)}: the one you name is over`
  return new Failure(message, 'look at it: groundplan approve <system> --env <name>')
}
