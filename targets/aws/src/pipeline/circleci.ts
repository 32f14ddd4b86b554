/**
 * The ways as the config of CircleCI, which has one for a repository. A job that waits for a person stands before what
 * needs an approval. The roles are in contexts, as AWS_ROLE_ARN; credentials are for the token that CircleCI gives a job.
 */
import { fault } from 'groundplan/target'
import { githubEnvironment } from './access.ts'
import { builds, checks, deploys, diffs, type Lines, namesTag, prepare, promotes, releases } from './commands.ts'
import type { Stop, Way } from './way.ts'

interface Step {
  readonly name: string
  readonly job: object
  /** How the workflow has it. */
  readonly context?: string
  readonly waits?: true
}

/** Faults: `unsupported`, where the config does not say how CircleCI's tokens are known. */
export function circleConfig(ways: readonly Way[]): Readonly<Record<string, unknown>> {
  if (ways.some(({ flow }) => flow.circleci === undefined)) {
    throw fault(
      'unsupported',
      "the pipeline names no `circleci: { organization: '…', project: '…' }`: the ids that its tokens are known by",
    )
  }
  const all = ways.map(way => ({ way, rows: rowsOf(way) }))
  const steps = all.flatMap(({ rows }) => rows.flat()).filter(({ waits }) => !waits)
  return {
    version: 2.1,
    jobs: Object.fromEntries(steps.map(({ name, job }) => [name, job])),
    workflows: Object.fromEntries(all.map(({ way, rows }) => [way.name, { jobs: workflowOf(way, rows) }])),
  }
}

/** Steps side by side, in rows that follow each other. */
function rowsOf(way: Way): readonly (readonly Step[])[] {
  const [first] = way.stops
  const check = { name: `${way.name}-check`, job: jobOf(first, [run('Check', checks(way))]) }
  const images = way.images.map(image => ({
    name: `${way.name}-build-${image.name}`,
    job: jobOf(first, [assumed, run(`Build ${image.name}`, builds(way, image, first.system))]),
    context: githubEnvironment(way, first, 'deploy'),
  }))
  const stops = way.stops.flatMap(stop =>
    stop.approval ? [[showing(way, stop)], [asking(way, stop)], [deploying(way, stop)]] : [[deploying(way, stop)]],
  )
  return [[check], ...(images.length > 0 ? [images] : []), ...stops]
}

function showing(way: Way, stop: Stop): Step {
  const lines = [...prepare(way), ...diffs(way, stop)]
  return {
    name: `${way.name}-diff-${stop.environment}`,
    job: jobOf(stop, [
      assumed,
      run(`What would change in ${stop.environment}`, lines),
      { store_artifacts: { path: 'diff.txt' } },
    ]),
    context: githubEnvironment(way, stop, 'diff'),
  }
}

function asking(way: Way, { environment }: Stop): Step {
  return { name: `${way.name}-approve-${environment}`, job: {}, waits: true }
}

function deploying(way: Way, stop: Stop): Step {
  const lines = [...way.images.map(namesTag), ...promotes(way, stop), ...prepare(way), ...deploys(way, stop)]
  const release = releases(stop)
  const steps = [
    run(`Deploy to ${stop.environment}`, lines),
    ...(release.length > 0 ? [run('Give it its calls', release)] : []),
  ]
  return {
    name: `${way.name}-deploy-${stop.environment}`,
    job: jobOf(stop, [assumed, ...steps]),
    context: githubEnvironment(way, stop, 'deploy'),
  }
}

function workflowOf({ flow }: Way, rows: readonly (readonly Step[])[]): readonly unknown[] {
  return rows.flatMap((row, at) =>
    row.map(({ name, context, waits }) => {
      const requires = rows[at - 1]?.map(each => each.name)
      if (requires === undefined) return name
      const filters = { branches: { only: flow.source.branch } }
      return { [name]: { ...(waits ? { type: 'approval' } : {}), requires, ...(context ? { context } : {}), filters } }
    }),
  )
}

// ---------- jobs

function jobOf({ system }: Stop, steps: readonly object[]): object {
  return {
    machine: { image: 'ubuntu-2404:current' },
    resource_class: 'arm.medium',
    environment: { AWS_REGION: system.settings.region },
    steps: ['checkout', run('Node', node), ...steps],
  }
}

const node = [
  '. "$NVM_DIR/nvm.sh"',
  'nvm install 24',
  'nvm alias default 24',
  'echo \'. "$NVM_DIR/nvm.sh"\' >> "$BASH_ENV"',
]

const assumed = run('Credentials', [
  'printf %s "$CIRCLE_OIDC_TOKEN_V2" > "$HOME/token"',
  'echo "export AWS_WEB_IDENTITY_TOKEN_FILE=$HOME/token AWS_ROLE_SESSION_NAME=circleci-$CIRCLE_WORKFLOW_ID" >> "$BASH_ENV"',
])

function run(name: string, lines: Lines): object {
  return { run: { name, command: `set -eo pipefail\n${lines.join('\n')}\n` } }
}
