/** States of a machine of Step Functions: the few forms that releases are written with. */

export type State = Readonly<Record<string, unknown>>
export type States = Readonly<Record<string, State>>

/** States that are gone through for one thing, from the first of them. */
export interface Inner {
  readonly first: string
  readonly states: States
}

/** Where a state leads. */
export interface Edges {
  readonly next: string
  readonly onFailure: string
}

/** Amazon refuses a call now and then. */
const patience = {
  TimeoutSeconds: 60,
  Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2 }],
}

/** What the template puts in. */
export function placeholder(name: string): string {
  return `\${${name}}`
}

/** A call of Amazon's. @param action as its SDK has it: `lambda:getAlias` */
export function calls(action: string, Parameters: State): State {
  return { Type: 'Task', Resource: `arn:aws:states:::aws-sdk:${action}`, Parameters, ...patience }
}

/** A call whose answer does not matter. */
export function does(action: string, Parameters: State, next?: string): State {
  return { ...calls(action, Parameters), ResultPath: null, ...(next === undefined ? { End: true } : { Next: next }) }
}

/** One after the other: the first are those that the others ask. */
export function forEach(ItemsPath: string, { first, states }: Inner): State {
  const ItemProcessor = { ProcessorConfig: { Mode: 'INLINE' }, StartAt: first, States: states }
  return { Type: 'Map', ItemsPath, MaxConcurrency: 1, ItemProcessor }
}

/** The same, for what is done and gives nothing. */
export function doesForEach(ItemsPath: string, inner: Inner, { next, onFailure }: Edges): State {
  return { ...forEach(ItemsPath, inner), ResultPath: null, ...catching(onFailure), Next: next }
}

export function catching(next: string): State {
  return { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.why', Next: next }] }
}

export function lookAt(AlarmNames: readonly string[]): State {
  return {
    ...calls('cloudwatch:describeAlarms', { AlarmNames, AlarmTypes: ['MetricAlarm'], StateValue: 'ALARM' }),
    ResultSelector: { 'on.$': '$.MetricAlarms' },
    ResultPath: '$.alarms',
  }
}

/** Says why, with the names of the alarms. */
export function because(error: string, text: string, next: string): State {
  return {
    Type: 'Pass',
    Parameters: { Error: error, 'Cause.$': `States.Format('${text}', States.JsonToString($.alarms.on[*].AlarmName))` },
    ResultPath: '$.why',
    Next: next,
  }
}

export function failed(error: string): State {
  return { Type: 'Fail', Error: error, CausePath: '$.why.Cause' }
}

/** What a message ends with where it says why. */
export const why = '{}: {}'

export function tells(topic: string, of: string, text: string): State {
  const message = text.endsWith(why)
    ? { 'Message.$': `States.Format('${text}', $.why.Error, $.why.Cause)` }
    : { Message: text }
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::sns:publish',
    Parameters: { TopicArn: topic, Subject: of.slice(0, 100), ...message },
    ResultPath: null,
    ...patience,
  }
}

/** Whether anybody could be told changes nothing. */
export function going(next: string): State {
  return { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: next }], Next: next }
}

/** Whether what was found is new, for each thing by itself. */
export function newOrNot(now: string, next: string): States {
  return {
    Compare: {
      Type: 'Choice',
      Choices: [{ Variable: now, StringEqualsPath: next, Next: 'As it was' }],
      Default: 'New',
    },
    'As it was': { Type: 'Pass', Result: false, ResultPath: '$.isNew', End: true },
    New: { Type: 'Pass', Result: true, ResultPath: '$.isNew', End: true },
  }
}
