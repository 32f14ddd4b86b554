/**
 * A machine that moves traffic, as a template has it, with what it moves and an alarm in moto: for tests of its paths. What
 * it moves is a world: functions, or containers.
 */
import { type Call, type Interpreter, openInterpreter } from './interpreter.ts'

export type States = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** What the template has. */
export interface ReleaseResource {
  readonly Properties: {
    readonly Definition: { readonly States: States }
    readonly DefinitionSubstitutions: Readonly<Record<string, unknown>>
  }
}

/** What a machine moves. */
export interface World {
  /** Makes it in moto, once. @returns what the template would put into the machine */
  prepared(bed: Interpreter): Promise<Readonly<Record<string, string>>>
  /** As it is before a release. */
  reset(bed: Interpreter): Promise<void>
  /** The machine as moto's interpreter takes it. */
  asMotoKnows?(states: States): States
  /** A call in words: `backend 10 % to 2`; undefined: it moves nothing. */
  moveOf(call: Call): string | undefined
  /** What runs now, a line for each thing. */
  live(bed: Interpreter): Promise<readonly string[]>
}

export interface Path {
  /** Hears each call, and those so far; true: it fails. */
  readonly onCall?: (call: Call, so: readonly Call[]) => Promise<boolean> | boolean
  /** What is answered when the machine asks; default: nothing, for a second. */
  readonly answer?: 'yes' | 'no'
  /** How long each level is; default: a minute. */
  readonly minutes?: number | 'as written'
}

/** How a run ended. */
export interface Run {
  readonly status: unknown
  readonly error: unknown
  readonly cause: unknown
  /** What was moved, in the order of the calls. */
  readonly moves: readonly string[]
  /** What operations heard. */
  readonly told: readonly string[]
  /** What runs in the end. */
  readonly live: readonly string[]
}

export interface ReleaseBed {
  readonly bed: Interpreter
  /** Names of states that runs went through. */
  readonly visited: ReadonlySet<string>
  run(path: Path): Promise<Run>
  setAlarm(state: 'OK' | 'ALARM'): Promise<void>
}

export const role = 'arn:aws:iam::123456789012:role/release'

/** @param alarm the name of one that takes everything back */
export async function openReleases(release: ReleaseResource, world: World, alarm: string): Promise<ReleaseBed> {
  const bed = await openInterpreter()
  const Operations = await prepared(bed, alarm)
  const known = { Region: 'eu-central-1', Operations, ...(await world.prepared(bed)) }
  const visited = new Set<string>()
  let runs = 0
  const made: ReleaseBed = {
    bed,
    visited,
    async run(path) {
      await made.setAlarm('OK')
      await world.reset(bed)
      bed.calls.length = 0
      bed.onCall(async call => path.onCall?.(call, [...bed.calls]) ?? false)
      runs += 1
      const end = await executed(bed, `m${runs}`, definitionOf(release, world, known, path), path.answer)
      for (const name of end.visited) visited.add(name)
      const { status, error, cause } = end
      const moves = bed.calls.flatMap(call => world.moveOf(call) ?? [])
      return { status, error, cause, moves, told: heard(bed), live: await world.live(bed) }
    },
    async setAlarm(StateValue) {
      const form = { Action: 'SetAlarmState', Version: '2010-08-01', StateReason: 'test', StateValue }
      await bed.ask('monitoring', { form: { ...form, AlarmName: alarm } })
    },
  }
  return made
}

/** @returns the topic that tells operations */
async function prepared(bed: Interpreter, alarm: string): Promise<string> {
  const trust = { AssumeRolePolicyDocument: '{}', Version: '2010-05-08' }
  await bed.ask('iam', { form: { Action: 'CreateRole', RoleName: 'release', ...trust } })
  const made = await bed.ask('sns', { form: { Action: 'CreateTopic', Name: 'operations', Version: '2010-03-31' } })
  const when = { ComparisonOperator: 'GreaterThanThreshold', Threshold: '0', EvaluationPeriods: '1', Period: '60' }
  const metric = { Namespace: 'AWS/Lambda', MetricName: 'Errors', Statistic: 'Sum', ...when }
  const form = { Action: 'PutMetricAlarm', Version: '2010-08-01', AlarmName: alarm, ...metric }
  await bed.ask('monitoring', { form })
  return /<TopicArn>([^<]*)/.exec(made)?.[1] ?? ''
}

// ---------- the machine

/** With what CloudFormation puts in; minutes pass at once and are few, and calls are tried again soon. */
function definitionOf(
  release: ReleaseResource,
  world: World,
  known: Readonly<Record<string, string>>,
  { answer, minutes = 1 }: Path,
): string {
  const { Definition, DefinitionSubstitutions } = release.Properties
  const States = world.asMotoKnows?.(Definition.States) ?? Definition.States
  const names = Object.keys(DefinitionSubstitutions)
  const text = names.reduce(
    (so, name) => so.replaceAll(`\${${name}}`, known[name] ?? ''),
    JSON.stringify({ ...Definition, States })
      .replaceAll(/"Seconds":\d+/g, '"Seconds":0')
      .replaceAll('"IntervalSeconds":2', '"IntervalSeconds":1')
      .replaceAll('"MaxAttempts":3', '"MaxAttempts":1')
      .replaceAll('"TimeoutSeconds":86400', `"TimeoutSeconds":${answer ? 60 : 1}`),
  )
  if (minutes === 'as written') return text
  const judged = /("Next":"[^"]*","NumericGreaterThanEquals":)\d+(,"Variable":"\$\.minutes")/g
  return text.replaceAll(judged, `$1${minutes}$2`)
}

async function executed(bed: Interpreter, name: string, definition: string, answer: Path['answer']) {
  const { stateMachineArn } = await states(bed, 'CreateStateMachine', { name, definition, roleArn: role })
  const { executionArn } = await states(bed, 'StartExecution', { stateMachineArn, name: `run-${name}`, input: '{}' })
  const end = await ended(bed, executionArn, answer)
  const { events } = await states(bed, 'GetExecutionHistory', { executionArn })
  // moto cannot start another while this one is there.
  await states(bed, 'DeleteStateMachine', { stateMachineArn })
  const entered = (events as readonly Event[]).flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails ?? [])
  return { ...end, visited: entered.map(each => each.name) }
}

interface Event {
  readonly stateEnteredEventDetails?: { readonly name: string }
}

async function ended(bed: Interpreter, executionArn: unknown, answer: Path['answer']) {
  let answered = answer === undefined
  for (;;) {
    const { status, error, cause } = await states(bed, 'DescribeExecution', { executionArn })
    if (status !== 'RUNNING') return { status, error, cause }
    const taskToken = /--task-token (\S+)/.exec(heard(bed).at(-1) ?? '')?.[1]
    if (taskToken !== undefined && !answered) {
      answered = true
      if (answer === 'yes') await states(bed, 'SendTaskSuccess', { taskToken, output: '{}' })
      else await states(bed, 'SendTaskFailure', { taskToken, error: 'Rejected', cause: 'No' })
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

async function states(bed: Interpreter, action: string, json: unknown): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await bed.ask('states', { target: `AWSStepFunctions.${action}`, json }))
}

// ---------- what it did

function heard({ calls }: Interpreter): readonly string[] {
  const published = calls.filter(({ action }) => action === 'sns Publish')
  return published.map(({ body }) => new URLSearchParams(body).get('Message') ?? '')
}

/** Names of all states, those within others too. */
export function namesIn(states: States): readonly string[] {
  return Object.entries(states).flatMap(([name, state]) => {
    const { ItemProcessor } = state as { ItemProcessor?: { States: States } }
    return [name, ...namesIn(ItemProcessor?.States ?? {})]
  })
}

/** Without the system's and the environment's names. */
export function shortOf(name: string): string {
  return name.split('-').slice(2).join('-')
}
