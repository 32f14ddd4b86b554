/**
 * The way as a workflow of GitHub Actions. What a person agrees to is GitHub's: the environment of the job has reviewers.
 * Each job gets credentials for an hour, for the token that GitHub gives it.
 */
import { githubEnvironment } from './access.ts'
import { builds, checks, deploys, diffs, type Lines, namesTag, prepare, promotes, releases } from './commands.ts'
import { type Image, pathsOf, type Stop, type Way } from './way.ts'

// By their content: a tag may be moved.
const checkout = 'actions/checkout@1af3b93b6815bc44a9784bd300feb67ff0d1eeb3' // v6.0.0
const node = 'actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020' // v4.4.0
const credentials = 'aws-actions/configure-aws-credentials@ececac1a45f3b08a01d2dd070d28d111c5fe6722' // v4.1.0

type Job = Readonly<Record<string, unknown>>

export function githubWorkflow(way: Way): Readonly<Record<string, unknown>> {
  const { branch } = way.flow.source
  const starts = { branches: [branch], paths: pathsOf(way) }
  return {
    name: way.name,
    on: { push: starts, pull_request: starts },
    permissions: {},
    // One after the other: none is given up half way.
    concurrency: { group: `${way.name}-${expression('github.ref')}`, 'cancel-in-progress': false },
    jobs: jobsOf(way),
  }
}

function jobsOf(way: Way): Readonly<Record<string, Job>> {
  const jobs: Record<string, Job> = { check: checking(way) }
  const [first] = way.stops
  for (const image of way.images) jobs[`build-${image.name}`] = building(way, first, image)
  let before: readonly string[] = ['check', ...way.images.map(({ name }) => `build-${name}`)]
  for (const stop of way.stops) {
    if (stop.approval) {
      jobs[`diff-${stop.environment}`] = showing(way, stop, before)
      before = [`diff-${stop.environment}`]
    }
    jobs[`deploy-${stop.environment}`] = deploying(way, stop, before)
    before = [`deploy-${stop.environment}`]
  }
  return jobs
}

/** Of a change that is only proposed, too: without any credentials. */
function checking(way: Way): Job {
  return { 'runs-on': runner, permissions: reads, steps: [...taken, run('Check', checks(way))] }
}

function building(way: Way, stop: Stop, image: Image): Job {
  const lines = builds(way, image, stop.system)
  return { ...pushed(['check']), ...within(way, stop, 'deploy', [run(`Build ${image.name}`, lines)]) }
}

/** What the person who is asked next sees. */
function showing(way: Way, stop: Stop, needs: readonly string[]): Job {
  const summary = ['printf \'```\\n%s\\n```\\n\' "$(cat diff.txt)" >> "$GITHUB_STEP_SUMMARY"']
  const lines = [...prepare(way), ...diffs(way, stop), ...summary]
  return { ...pushed(needs), ...within(way, stop, 'diff', [run(`What would change in ${stop.environment}`, lines)]) }
}

function deploying(way: Way, stop: Stop, needs: readonly string[]): Job {
  const tags = way.images.map(namesTag)
  const lines = [...tags, ...promotes(way, stop), ...prepare(way), ...deploys(way, stop)]
  const release = releases(stop)
  const steps = [
    run(`Deploy to ${stop.environment}`, lines),
    ...(release.length > 0 ? [run('Give it its calls', release)] : []),
  ]
  return { ...pushed(needs), ...within(way, stop, 'deploy', steps) }
}

const runner = 'ubuntu-24.04-arm'
const reads = { contents: 'read' }

const taken = [
  { uses: checkout, with: { 'persist-credentials': false } },
  { uses: node, with: { 'node-version': 24 } },
]

function pushed(needs: readonly string[]): Job {
  return { needs, if: "github.event_name == 'push'", 'runs-on': runner, permissions: { ...reads, 'id-token': 'write' } }
}

function within(way: Way, stop: Stop, does: 'deploy' | 'diff', steps: readonly object[]): Job {
  const region = stop.system.settings.region
  const assumed = {
    uses: credentials,
    with: { 'role-to-assume': expression('vars.AWS_ROLE_ARN'), 'aws-region': region },
  }
  return { environment: githubEnvironment(way, stop, does), steps: [...taken, assumed, ...steps] }
}

function run(name: string, lines: Lines): object {
  return { name, shell: 'bash', run: `set -u\n${lines.join('\n')}\n` }
}

function expression(of: string): string {
  return `\${{ ${of} }}`
}
