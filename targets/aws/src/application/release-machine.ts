/**
 * The machine that gives what is new its calls, level by level: in the language of Step Functions. It looks at the alarms
 * each minute. An alarm, a no, no answer, or a call that fails takes all calls back to what ran before. How calls are
 * moved is a mover's: aliases of functions, or the balancer's rules before containers.
 *
 * 1. Find what is new. Where nothing is, it is done. Where an alarm is on already, nothing is moved.
 * 2. For each level: give that share to what is new; look each minute; ask, where the level is to be confirmed.
 * 3. Give all calls; look as long as at the last level; tell operations.
 * 4. On any trouble: take all back, tell operations, and fail with the reason.
 */
import type { Level } from 'groundplan/target'
import { milliseconds } from 'groundplan/target'
import {
  because,
  catching,
  type Edges,
  failed,
  forEach,
  going,
  type Inner,
  lookAt,
  placeholder,
  type State,
  type States,
  tells,
  why,
} from './release-states.ts'

export interface Release {
  /** For people: `storefront in production`. */
  readonly of: string
  readonly mover: Mover
  /** Names of alarms. */
  readonly alarms: readonly string[]
  readonly levels: readonly Level[]
}

/** What is moved, and how. */
export interface Mover {
  /** As the machine's data and its states name them. */
  readonly kind: 'functions' | 'containers'
  readonly things: readonly object[]
  /** Finds out about one of them; `isNew` says whether anything of it is. */
  readonly finds: Inner
  /** What is made ready before the first level; the first state. Default: nothing is. */
  readonly readies?: (edges: Edges) => Inner
  /** A share of the calls; 100: all. */
  gives(percent: number, edges: Edges): State
  /** What is done when all have done well; the first state. Default: nothing is. */
  readonly settles?: (edges: Edges) => Inner
  /** @param name of the state */
  takesBack(name: string, edges: Edges): State
}

export interface Machine {
  readonly Comment: string
  readonly StartAt: string
  readonly States: States
}

const back = 'Take all back'
const done = 'Tell that it is done'

// What the template puts in.
const operations = placeholder('Operations')
const region = placeholder('Region')

/** Placeholders: `Region`, and `Operations`, the topic that tells operations; and those of its mover. */
export function releaseMachine(release: Release): Machine {
  const { of, levels, mover } = release
  const last = levels.at(-1)
  const first = `Give ${nameOf(levels[0])}`
  const readied = mover.readies?.({ next: first, onFailure: back })
  const steps = levels.map((level, at) => shareLevel(release, level, nameOf(levels[at + 1])))
  return {
    Comment: `Gives what is new of ${of} its calls: ${levels.map(({ percent }) => `${percent} %`).join(', ')}, then all`,
    StartAt: `Name the ${mover.kind}`,
    States: Object.assign(
      beginning(release, readied?.first ?? first),
      readied?.states,
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

function beginning({ mover, alarms }: Release, first: string): States {
  const { kind } = mover
  const nothing = catching('Nothing was moved')
  return {
    [`Name the ${kind}`]: { Type: 'Pass', Result: mover.things, ResultPath: `$.${kind}`, Next: 'Find what is new' },
    'Find what is new': {
      ...forEach(`$.${kind}`, mover.finds),
      ResultPath: `$.${kind}`,
      ...nothing,
      Next: 'Is anything new?',
    },
    'Is anything new?': {
      Type: 'Pass',
      Parameters: { [`${kind}.$`]: `$.${kind}`, 'isNew.$': `States.ArrayContains($.${kind}[*].isNew, true)` },
      Next: 'Go on if so',
    },
    'Go on if so': {
      Type: 'Choice',
      Choices: [{ Variable: '$.isNew', BooleanEquals: true, Next: 'Look before' }],
      Default: 'Nothing is new',
    },
    'Nothing is new': { Type: 'Succeed' },
    'Look before': { ...lookAt(alarms), ...nothing, Next: 'Judge before' },
    'Judge before': {
      Type: 'Choice',
      Choices: [{ Variable: '$.alarms.on[0]', IsPresent: true, Next: 'Already ill' }],
      Default: first,
    },
    'Already ill': because('Alarm', 'nothing was moved, since an alarm is on already: {}', 'Nothing was moved'),
    'Nothing was moved': failed('NothingWasMoved'),
  }
}

// ---------- levels

function shareLevel(release: Release, level: Level, next: string): States {
  const name = nameOf(level)
  const after = level.confirm === undefined ? `Give ${next}` : `Word the question at ${name}`
  return {
    [`Give ${name}`]: release.mover.gives(level.percent, { next: `Begin to look at ${name}`, onFailure: back }),
    ...watched(release, name, milliseconds(level.for), after),
    ...(level.confirm === undefined ? {} : asked(release, name, milliseconds(level.confirm), `Give ${next}`)),
  }
}

function allLevel(release: Release, forMs: number): States {
  const { mover } = release
  const settled = mover.settles?.({ next: done, onFailure: back })
  return {
    'Give all': mover.gives(100, { next: 'Begin to look at all', onFailure: back }),
    ...watched(release, 'all', forMs, settled?.first ?? done),
    ...settled?.states,
  }
}

/** Looks each minute, for as many minutes as the level takes. */
function watched({ mover: { kind }, alarms }: Release, name: string, forMs: number, next: string): States {
  const minutes = Math.max(1, Math.ceil(forMs / 60_000))
  return {
    [`Begin to look at ${name}`]: { Type: 'Pass', Result: 0, ResultPath: '$.minutes', Next: `A minute at ${name}` },
    [`A minute at ${name}`]: { Type: 'Wait', Seconds: 60, Next: `Count at ${name}` },
    [`Count at ${name}`]: {
      Type: 'Pass',
      Parameters: { [`${kind}.$`]: `$.${kind}`, 'minutes.$': 'States.MathAdd($.minutes, 1)' },
      Next: `Look at ${name}`,
    },
    [`Look at ${name}`]: { ...lookAt(alarms), ...catching(back), Next: `Judge ${name}` },
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

function ending({ of, mover }: Release): States {
  const says = (text: string) => tells(operations, of, text)
  return {
    [done]: { ...says(`All calls of ${of} go to what is new.`), ...going('Done') },
    Done: { Type: 'Succeed' },
    [back]: mover.takesBack(back, { next: 'Tell that it was taken back', onFailure: 'Tell that it stands between' }),
    'Tell that it was taken back': { ...says(`${of} was taken back, ${why}`), ...going('Taken back') },
    'Tell that it stands between': {
      ...says(`${of} stands between old and new, since it could not be taken back, ${why}`),
      ...going('Stands between'),
    },
    'Taken back': failed('TakenBack'),
    'Stands between': failed('StandsBetween'),
  }
}
