/**
 * Moves functions: the alias `live` of each, which all that call it name, gives a share of the calls to another version.
 * What is new is the newest code: the machine makes a version of it.
 */
import type { Mover } from './release-machine.ts'
import {
  calls,
  does,
  doesForEach,
  type Edges,
  type Inner,
  newOrNot,
  type State,
  type States,
} from './release-states.ts'

/** @param names of functions, those first that others ask */
export function functionMover(names: readonly string[]): Mover {
  return {
    kind: 'functions',
    things: names.map(name => ({ name })),
    finds: versions,
    gives: (percent, edges) => (percent === 100 ? givesAll(edges) : givesShare(percent, edges)),
    takesBack: (_name, edges) => moves('back', whole('$.now.version'), edges),
  }
}

const versions: Inner = {
  first: 'Read what is live',
  states: {
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
    ...newOrNot('$.now.version', '$.next.version'),
  },
}

function whole(version: string): State {
  return { 'FunctionVersion.$': version, RoutingConfig: { AdditionalVersionWeights: {} } }
}

function givesAll(edges: Edges): State {
  return moves('to all', whole('$.next.version'), edges)
}

/** The number of a version is known when it runs: the weight is written then. */
function givesShare(percent: number, edges: Edges): State {
  const weights = `States.StringToJson(States.Format('{}{}{}', $.json.begin, $.next.version, $.json.end))`
  const json = { begin: '{"', end: `":${percent / 100}}` }
  return moves(`to ${percent}`, { RoutingConfig: { 'AdditionalVersionWeights.$': weights } }, edges, json)
}

/** Moves `live` of each function that is new. @param to ends the names of its states: each stands once in a machine */
function moves(to: string, gives: State, edges: Edges, json?: State): State {
  const [first, write, move, stays] = [`New, ${to}?`, `Write the weight, ${to}`, `Move live ${to}`, `Stays, ${to}`]
  const states: States = {
    [first]: {
      Type: 'Choice',
      Choices: [{ Variable: '$.isNew', BooleanEquals: true, Next: json ? write : move }],
      Default: stays,
    },
    ...(json ? { [write]: { Type: 'Pass', Result: json, ResultPath: '$.json', Next: move } } : {}),
    [move]: does('lambda:updateAlias', { 'FunctionName.$': '$.name', Name: 'live', ...gives }),
    [stays]: { Type: 'Pass', End: true },
  }
  return doesForEach('$.functions', { first, states }, edges)
}
