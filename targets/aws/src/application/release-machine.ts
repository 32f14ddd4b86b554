/**
 * The machine that gives what is new its calls, level by level: in the language of Step Functions. It moves the alias
 * `live` of each function and looks at the alarms each minute. An alarm, a no, no answer, or a call that fails takes all
 * functions back to what they ran before.
 *
 * 1. Find what is new: for each function the version that is live, and the newest. Where none is new, it is done. Where
 *    an alarm is on already, nothing is moved.
 * 2. For each level: give that share to the new versions, services that others ask first; look each minute; ask, where
 *    the level is to be confirmed.
 * 3. Give all calls; look as long as at the last level; tell operations.
 * 4. On any trouble: take all back, tell operations, and fail with the reason.
 */
import type { Level } from 'groundplan/target'
import { milliseconds } from 'groundplan/target'

export interface Release {
  /** For people: `storefront in production`. */
  readonly of: string
  /** Names of functions, those first that others ask. */
  readonly functions: readonly string[]
  /** Names of alarms. */
  readonly alarms: readonly string[]
  readonly levels: readonly Level[]
}

export interface Machine {
  readonly Comment: string
  readonly StartAt: string
  readonly States: Readonly<Record<string, State>>
}

type State = Readonly<Record<string, unknown>>
type States = Readonly<Record<string, State>>

const back = 'Take all back'

/** Amazon refuses a call now and then. */
const patience = {
  TimeoutSeconds: 60,
  Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2 }],
}

// What the template puts in.
const operations = placeholder('Operations')
const region = placeholder('Region')

function placeholder(name: string): string {
  return `\${${name}}`
}

/** Placeholders: `Region`, and `Operations`, the topic that tells operations. */
export function releaseMachine(release: Release): Machine {
  const { of, levels } = release
  const last = levels.at(-1)
  const steps = levels.map((level, at) => shareLevel(release, level, nameOf(levels[at + 1])))
  return {
    Comment: `Gives what is new of ${of} its calls: ${levels.map(({ percent }) => `${percent} %`).join(', ')}, then all`,
    StartAt: 'Name the functions',
    States: Object.assign(
      beginning(release, nameOf(levels[0])),
      ...steps,
      allLevel(release, last ? milliseconds(last.for) : 0),
      ending(release),
    ),
  }
}

function nameOf(level: Level | undefined): string {
  return level ? `${level.percent} percent` : 'all'
}

// ---------- before anything is moved

function beginning(release: Release, first: string): States {
  const nothing = catching('Nothing was moved')
  return {
    'Name the functions': {
      Type: 'Pass',
      Result: release.functions.map(name => ({ name })),
      ResultPath: '$.functions',
      Next: 'Find what is new',
    },
    'Find what is new': { ...forEach(versionsOf()), ResultPath: '$.functions', ...nothing, Next: 'Is anything new?' },
    'Is anything new?': {
      Type: 'Pass',
      Parameters: { 'functions.$': '$.functions', 'isNew.$': 'States.ArrayContains($.functions[*].isNew, true)' },
      Next: 'Go on if so',
    },
    'Go on if so': {
      Type: 'Choice',
      Choices: [{ Variable: '$.isNew', BooleanEquals: true, Next: 'Look before' }],
      Default: 'Nothing is new',
    },
    'Nothing is new': { Type: 'Succeed' },
    'Look before': { ...lookAt(release.alarms), ...nothing, Next: 'Judge before' },
    'Judge before': {
      Type: 'Choice',
      Choices: [{ Variable: '$.alarms.on[0]', IsPresent: true, Next: 'Already ill' }],
      Default: `Give ${first}`,
    },
    'Already ill': because('Alarm', 'nothing was moved, since an alarm is on already: {}', 'Nothing was moved'),
    'Nothing was moved': failed('NothingWasMoved'),
  }
}

function versionsOf(): readonly [string, States] {
  return [
    'Read what is live',
    {
      'Read what is live': {
        ...calls('lambda:getAlias', { 'FunctionName.$': '$.name', Name: 'live' }),
        ResultSelector: { 'version.$': '$.FunctionVersion' },
        ResultPath: '$.now',
        Next: 'Read the newest',
      },
      // The newest version, or a first one of code that has none: code that did not change gets no other.
      'Read the newest': {
        ...calls('lambda:publishVersion', { 'FunctionName.$': '$.name' }),
        ResultSelector: { 'version.$': '$.Version' },
        ResultPath: '$.next',
        Next: 'Compare',
      },
      Compare: {
        Type: 'Choice',
        Choices: [{ Variable: '$.now.version', StringEqualsPath: '$.next.version', Next: 'As it was' }],
        Default: 'New',
      },
      'As it was': { Type: 'Pass', Result: false, ResultPath: '$.isNew', End: true },
      New: { Type: 'Pass', Result: true, ResultPath: '$.isNew', End: true },
    },
  ]
}

// ---------- levels

function shareLevel(release: Release, level: Level, next: string): States {
  const name = nameOf(level)
  const weights = `States.StringToJson(States.Format('{}{}{}', $.json.begin, $.next.version, $.json.end))`
  const gives = { RoutingConfig: { 'AdditionalVersionWeights.$': weights } }
  const json = { begin: '{"', end: `":${level.percent / 100}}` }
  const after = level.confirm === undefined ? `Give ${next}` : `Word the question at ${name}`
  return {
    [`Give ${name}`]: moves(gives, { next: `Begin to look at ${name}`, onFailure: back, json }),
    ...watched(release, name, milliseconds(level.for), after),
    ...(level.confirm === undefined ? {} : asked(release, name, milliseconds(level.confirm), `Give ${next}`)),
  }
}

function allLevel(release: Release, forMs: number): States {
  const gives = { 'FunctionVersion.$': '$.next.version', RoutingConfig: { AdditionalVersionWeights: {} } }
  return {
    'Give all': moves(gives, { next: 'Begin to look at all', onFailure: back }),
    ...watched(release, 'all', forMs, 'Tell that it is done'),
  }
}

/** Looks each minute, for as many minutes as the level takes. */
function watched(release: Release, name: string, forMs: number, next: string): States {
  const minutes = Math.max(1, Math.ceil(forMs / 60_000))
  return {
    [`Begin to look at ${name}`]: { Type: 'Pass', Result: 0, ResultPath: '$.minutes', Next: `A minute at ${name}` },
    [`A minute at ${name}`]: { Type: 'Wait', Seconds: 60, Next: `Count at ${name}` },
    [`Count at ${name}`]: {
      Type: 'Pass',
      Parameters: { 'functions.$': '$.functions', 'minutes.$': 'States.MathAdd($.minutes, 1)' },
      Next: `Look at ${name}`,
    },
    [`Look at ${name}`]: { ...lookAt(release.alarms), ...catching(back), Next: `Judge ${name}` },
    [`Judge ${name}`]: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.alarms.on[0]', IsPresent: true, Next: `Ill at ${name}` },
        { Variable: '$.minutes', NumericGreaterThanEquals: minutes, Next: next },
      ],
      Default: `A minute at ${name}`,
    },
    [`Ill at ${name}`]: because('Alarm', `at ${name}: {}`, back),
  }
}

/** The words are put in as data: none of them means anything to the machine. */
function asked({ of }: Release, name: string, withinMs: number, next: string): States {
  const send = (what: string) => `aws stepfunctions send-task-${what} --region ${region} --task-token `
  const words = {
    yes: `${of} does well with ${name} of the calls. Give it more?\n\nYes:\n${send('success')}`,
    no: ` --task-output '{}'\n\nNo, take it back:\n${send('failure')}`,
    end: " --error Rejected --cause 'No'\n",
  }
  const token = '$$.Task.Token'
  return {
    [`Word the question at ${name}`]: { Type: 'Pass', Result: words, ResultPath: '$.words', Next: `Ask at ${name}` },
    [`Ask at ${name}`]: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sns:publish.waitForTaskToken',
      Parameters: {
        TopicArn: operations,
        Subject: `${of}: more than ${name}?`.slice(0, 100),
        'Message.$': `States.Format('{}{}{}{}{}', $.words.yes, ${token}, $.words.no, ${token}, $.words.end)`,
      },
      TimeoutSeconds: withinMs / 1_000,
      ResultPath: '$.answer',
      Catch: [
        { ErrorEquals: ['States.Timeout'], ResultPath: '$.why', Next: `No answer at ${name}` },
        { ErrorEquals: ['States.ALL'], ResultPath: '$.why', Next: back },
      ],
      Next: next,
    },
    [`No answer at ${name}`]: {
      Type: 'Pass',
      Result: { Error: 'NoAnswer', Cause: `nobody said yes at ${name}` },
      ResultPath: '$.why',
      Next: back,
    },
  }
}

// ---------- the end

function failed(error: string): State {
  return { Type: 'Fail', Error: error, CausePath: '$.why.Cause' }
}

function ending({ of }: Release): States {
  const before = { 'FunctionVersion.$': '$.now.version', RoutingConfig: { AdditionalVersionWeights: {} } }
  return {
    'Tell that it is done': { ...tells(of, `All calls of ${of} go to what is new.`), ...going('Done'), Next: 'Done' },
    Done: { Type: 'Succeed' },
    [back]: moves(before, { next: 'Tell that it was taken back', onFailure: 'Tell that it stands between' }),
    'Tell that it was taken back': {
      ...tells(of, `${of} was taken back, ${why}`),
      ...going('Taken back'),
      Next: 'Taken back',
    },
    'Tell that it stands between': {
      ...tells(of, `${of} stands between old and new, since it could not be taken back, ${why}`),
      ...going('Stands between'),
      Next: 'Stands between',
    },
    'Taken back': failed('TakenBack'),
    'Stands between': failed('StandsBetween'),
  }
}

/** Whether anybody could be told changes nothing. */
function going(next: string): State {
  return { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: next }] }
}

const why = '{}: {}'

function tells(of: string, text: string): State {
  const message = text.endsWith(why)
    ? { 'Message.$': `States.Format('${text}', $.why.Error, $.why.Cause)` }
    : { Message: text }
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::sns:publish',
    Parameters: { TopicArn: operations, Subject: of.slice(0, 100), ...message },
    ResultPath: null,
    ...patience,
  }
}

// ---------- calls

interface Move {
  readonly next: string
  readonly onFailure: string
  /** What the weight of a version is written with: its number is known when it runs. */
  readonly json?: { readonly begin: string; readonly end: string }
}

/** Moves `live` of each function that is new. */
function moves(gives: State, { next, onFailure, json }: Move): State {
  const moving: State = {
    ...calls('lambda:updateAlias', { 'FunctionName.$': '$.name', Name: 'live', ...gives }),
    ResultPath: null,
    End: true,
  }
  const states: States = {
    'Is it new?': {
      Type: 'Choice',
      Choices: [{ Variable: '$.isNew', BooleanEquals: true, Next: json ? 'Write the weight' : 'Move live' }],
      Default: 'Stays',
    },
    ...(json ? { 'Write the weight': { Type: 'Pass', Result: json, ResultPath: '$.json', Next: 'Move live' } } : {}),
    'Move live': moving,
    Stays: { Type: 'Pass', End: true },
  }
  return { ...forEach(['Is it new?', states]), ResultPath: null, ...catching(onFailure), Next: next }
}

function forEach([StartAt, States]: readonly [string, States]): State {
  return {
    Type: 'Map',
    ItemsPath: '$.functions',
    // One after the other: the first are those that the others ask.
    MaxConcurrency: 1,
    ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt, States },
  }
}

function lookAt(AlarmNames: readonly string[]): State {
  return {
    ...calls('cloudwatch:describeAlarms', { AlarmNames, AlarmTypes: ['MetricAlarm'], StateValue: 'ALARM' }),
    ResultSelector: { 'on.$': '$.MetricAlarms' },
    ResultPath: '$.alarms',
  }
}

function calls(action: string, Parameters: State): State {
  return { Type: 'Task', Resource: `arn:aws:states:::aws-sdk:${action}`, Parameters, ...patience }
}

function catching(next: string): State {
  return { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.why', Next: next }] }
}

/** Says why, with the names of the alarms. */
function because(error: string, text: string, next: string): State {
  return {
    Type: 'Pass',
    Parameters: { Error: error, 'Cause.$': `States.Format('${text}', States.JsonToString($.alarms.on[*].AlarmName))` },
    ResultPath: '$.why',
    Next: next,
  }
}
