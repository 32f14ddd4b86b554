/** A machine that moves traffic, as a template has it, with functions and an alarm in moto: for tests of its paths. */
import { type Call, type Interpreter, openInterpreter } from './interpreter.ts'

/** What the template has. */
export interface ReleaseResource {
  readonly Properties: {
    readonly Definition: { readonly States: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
    readonly DefinitionSubstitutions: Readonly<Record<string, unknown>>
  }
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
  /** What became of `live`, in the order of the calls: `backend 10 % to 2`. */
  readonly moves: readonly string[]
  /** What operations heard. */
  readonly told: readonly string[]
  /** The versions that are live in the end, with those that have a part of the calls. */
  readonly live: readonly string[]
}

export interface ReleaseBed {
  readonly bed: Interpreter
  /** Names of states that runs went through. */
  readonly visited: ReadonlySet<string>
  run(path: Path): Promise<Run>
  setAlarm(state: 'OK' | 'ALARM'): Promise<void>
  setLive(name: string, version: string): Promise<void>
}

const role = 'arn:aws:iam::123456789012:role/release'
const aliasOf = (name: string) => `/2015-03-31/functions/${name}/aliases/live`

/** @param unchanged a function whose code is not new */
export async function openReleases(release: ReleaseResource, names: Names): Promise<ReleaseBed> {
  const bed = await openInterpreter()
  const topic = await prepared(bed, names)
  const visited = new Set<string>()
  let runs = 0
  const made: ReleaseBed = {
    bed,
    visited,
    async run(path) {
      await made.setAlarm('OK')
      for (const name of names.functions) await made.setLive(name, '1')
      bed.calls.length = 0
      bed.onCall(async call => path.onCall?.(call, [...bed.calls]) ?? false)
      runs += 1
      const end = await executed(bed, `m${runs}`, definitionOf(release, topic, path), path.answer)
      for (const name of end.visited) visited.add(name)
      const { status, error, cause } = end
      const live = await Promise.all(names.functions.map(name => liveOf(bed, name)))
      return { status, error, cause, moves: movesIn(bed.calls), told: heard(bed), live }
    },
    async setAlarm(StateValue) {
      const form = { Action: 'SetAlarmState', Version: '2010-08-01', StateReason: 'test', StateValue }
      await bed.ask('monitoring', { form: { ...form, AlarmName: names.alarm } })
    },
    async setLive(name, FunctionVersion) {
      await bed.ask('lambda', { method: 'PUT', path: aliasOf(name), json: { FunctionVersion, RoutingConfig: {} } })
    },
  }
  return made
}

export interface Names {
  readonly functions: readonly string[]
  readonly unchanged: string
  readonly alarm: string
}

// ---------- what is there before

/** @returns the topic that tells operations */
async function prepared(bed: Interpreter, { functions, unchanged, alarm }: Names): Promise<string> {
  const trust = { AssumeRolePolicyDocument: '{}', Version: '2010-05-08' }
  await bed.ask('iam', { form: { Action: 'CreateRole', RoleName: 'release', ...trust } })
  const made = await bed.ask('sns', { form: { Action: 'CreateTopic', Name: 'operations', Version: '2010-03-31' } })
  for (const name of functions) await makeFunction(bed, name, name !== unchanged)
  const when = { ComparisonOperator: 'GreaterThanThreshold', Threshold: '0', EvaluationPeriods: '1', Period: '60' }
  const metric = { Namespace: 'AWS/Lambda', MetricName: 'Errors', Statistic: 'Sum', ...when }
  const form = { Action: 'PutMetricAlarm', Version: '2010-08-01', AlarmName: alarm, ...metric }
  await bed.ask('monitoring', { form })
  return /<TopicArn>([^<]*)/.exec(made)?.[1] ?? ''
}

async function makeFunction(bed: Interpreter, name: string, isNew: boolean): Promise<void> {
  const code = (text: string) => ({ ZipFile: Buffer.from(text).toString('base64') })
  const given = { Runtime: 'nodejs22.x', Handler: 'index.handler', Role: role, Publish: true }
  const path = '/2015-03-31/functions'
  await bed.ask('lambda', { path, json: { FunctionName: name, Code: code('one'), ...given } })
  await bed.ask('lambda', { path: `${path}/${name}/aliases`, json: { Name: 'live', FunctionVersion: '1' } })
  if (isNew) await bed.ask('lambda', { method: 'PUT', path: `${path}/${name}/code`, json: code('two') })
}

// ---------- the machine

/** With what CloudFormation puts in; minutes pass at once and are few, and calls are tried again soon. */
function definitionOf(release: ReleaseResource, operations: string, { answer, minutes = 1 }: Path): string {
  const { Definition, DefinitionSubstitutions } = release.Properties
  const known: Readonly<Record<string, string>> = { Region: 'eu-central-1', Operations: operations }
  const names = Object.keys(DefinitionSubstitutions)
  const text = names.reduce(
    (so, name) => so.replaceAll(`\${${name}}`, known[name] ?? ''),
    JSON.stringify(Definition)
      .replaceAll('"Seconds":60', '"Seconds":0')
      .replaceAll('"IntervalSeconds":2,"MaxAttempts":3', '"IntervalSeconds":1,"MaxAttempts":1')
      .replaceAll('"TimeoutSeconds":86400', `"TimeoutSeconds":${answer ? 60 : 1}`),
  )
  if (minutes === 'as written') return text
  return text.replaceAll(/"NumericGreaterThanEquals":\d+/g, `"NumericGreaterThanEquals":${minutes}`)
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

async function liveOf(bed: Interpreter, name: string): Promise<string> {
  const { FunctionVersion, RoutingConfig } = JSON.parse(await bed.ask('lambda', { method: 'GET', path: aliasOf(name) }))
  const weights = Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {})
  return weights.length === 0 ? FunctionVersion : `${FunctionVersion}, in part ${weights}`
}

function movesIn(calls: readonly Call[]): readonly string[] {
  return calls.filter(({ action }) => action === 'lambda updateAlias').map(moveOf)
}

function moveOf({ on, body }: Call): string {
  const { FunctionVersion, RoutingConfig } = JSON.parse(body)
  const [part] = Object.entries<number>(RoutingConfig.AdditionalVersionWeights)
  const share = part ? `${Math.round(part[1] * 100)} % to ${part[0]}` : `all to ${FunctionVersion}`
  return `${shortOf(on)} ${share}`
}

/** Without the system's and the environment's names. */
export function shortOf(name: string): string {
  return name.split('-').slice(2).join('-')
}

export function isMove(call: Call, of: string, share: string): boolean {
  return call.action === 'lambda updateAlias' && call.on.endsWith(of) && moveOf(call).includes(share)
}

export function moveCount(calls: readonly Call[], share: string): number {
  return calls.filter(call => isMove(call, '', share)).length
}
