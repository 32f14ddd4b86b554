/**
 * Moves containers: beside each service stands a second one for what is new, with a target group of its own and, at rest,
 * without tasks. The balancer's rules give it a share of the calls; when it has done well with all of them, the service
 * itself takes what is new, gets its calls back, and the second one rests again. So between releases all is as the
 * template says it, and a stack may be deployed at any time.
 *
 * 1. As many new tasks as run now; while this goes on neither service scales below that. ECS says when they are well.
 * 2. Levels: weights in the rules.
 * 3. When all did well: the service takes the new task definition, task by task; then its calls; the second one rests.
 * 4. Back: the rules first, then the task definition that ran before.
 */
import type { Mover } from './release-machine.ts'
import {
  calls,
  catching,
  does,
  doesForEach,
  type Edges,
  forEach,
  type Inner,
  newOrNot,
  type State,
  type States,
} from './release-states.ts'

/** A container with a door, as the machine's data has it. */
export interface MovedContainer {
  /** The service of ECS, and what scaling calls it. */
  readonly service: string
  readonly scales: string
  /** The service for what is new. */
  readonly newService: string
  readonly newScales: string
  /** Placeholders of their target groups, and of the rules that lead to them. */
  readonly group: string
  readonly newGroup: string
  readonly rules: readonly string[]
  /** Whether a browser stays with the one that it got: pages ask for files of their own version. */
  readonly isSticky: boolean
}

export interface ContainersMoved {
  readonly cluster: string
  readonly containers: readonly MovedContainer[]
  readonly tasksLeast: number
  readonly tasksMost: number
}

/** How long a browser stays with one version, in seconds. */
const stickyS = 300
/** ECS is asked each 15 seconds; it says itself, sooner, where tasks do not start. */
const lookS = 15
const mostLooks = 80

export function containerMover(moved: ContainersMoved): Mover {
  return {
    kind: 'containers',
    things: moved.containers,
    finds: finds(moved),
    readies: edges => readies(moved, edges),
    gives: (percent, edges) =>
      doesForEach('$.containers', leads(percent === 100 ? 'to all' : `to ${percent}`, percent), edges),
    settles: edges => settles(moved, edges),
    takesBack: (_name, edges) => takesBack(moved, edges),
  }
}

// ---------- what is new

function finds({ cluster }: ContainersMoved): Inner {
  const looks = (service: string) => calls('ecs:describeServices', { Cluster: cluster, ...named(service) })
  return {
    first: 'Read what runs',
    states: {
      'Read what runs': {
        ...looks('$.service'),
        ResultSelector: { 'task.$': '$.Services[0].TaskDefinition', 'count.$': '$.Services[0].DesiredCount' },
        ResultPath: '$.now',
        Next: 'Read what is to run',
      },
      'Read what is to run': {
        ...looks('$.newService'),
        ResultSelector: { 'task.$': '$.Services[0].TaskDefinition' },
        ResultPath: '$.next',
        Next: 'Compare',
      },
      ...newOrNot('$.now.task', '$.next.task'),
    },
  }
}

function named(service: string): State {
  return { 'Services.$': `States.Array(${service})` }
}

function readies(moved: ContainersMoved, edges: Edges): Inner {
  const states: States = {
    'Hold what runs': scales(moved, '$.scales', { 'MinCapacity.$': '$.now.count' }, 'Let it scale'),
    'Let it scale': scales(moved, '$.newScales', { 'MinCapacity.$': '$.now.count' }, 'Start its tasks'),
    'Start its tasks': does(
      'ecs:updateService',
      // Anew, so that ECS says when these tasks are well.
      {
        ...{ Cluster: moved.cluster, 'Service.$': '$.newService', 'DesiredCount.$': '$.now.count' },
        ForceNewDeployment: true,
      },
      'Begin to wait for it',
    ),
    ...steady(moved, 'it', '$.newService'),
  }
  const first = 'Start what is new'
  return { first, states: { [first]: doesForEach('$.containers', { first: 'Hold what runs', states }, edges) } }
}

// ---------- calls

/** Each rule that leads to a container gives this part of its calls to what is new. */
function leads(to: string, percent: number, next?: string): Inner {
  const [first, rule] = [`Its doors ${to}`, `Its door ${to}`]
  const between = percent > 0 && percent < 100
  const ForwardConfig = {
    TargetGroups: [
      { 'TargetGroupArn.$': '$.thing.group', Weight: 100 - percent },
      { 'TargetGroupArn.$': '$.thing.newGroup', Weight: percent },
    ],
    TargetGroupStickinessConfig: between
      ? { 'Enabled.$': '$.thing.isSticky', DurationSeconds: stickyS }
      : { Enabled: false },
  }
  const modify = does('elasticloadbalancingv2:modifyRule', {
    'RuleArn.$': '$.rule',
    Actions: [{ Type: 'forward', ForwardConfig }],
  })
  const each = forEach('$.rules', { first: rule, states: { [rule]: modify } })
  const state = {
    ...each,
    ItemSelector: { 'rule.$': '$$.Map.Item.Value', 'thing.$': '$' },
    ResultPath: null,
    ...(next === undefined ? { End: true } : { Next: next }),
  }
  return { first, states: { [first]: state } }
}

// ---------- the end

/** What did well becomes what runs, and what it ran beside rests. */
function settles(moved: ContainersMoved, edges: Edges): Inner {
  const { cluster } = moved
  const [first, doors, rest] = ['Put it in place', 'Give the doors back', 'Let the rest go']
  const takes = does(
    'ecs:updateService',
    { Cluster: cluster, 'Service.$': '$.service', 'TaskDefinition.$': '$.next.task' },
    'Begin to wait for what runs',
  )
  const places: States = { 'Take what is new': takes, ...steady(moved, 'what runs', '$.service') }
  const rests = resting(moved, 'when done')
  return {
    first,
    states: {
      [first]: doesForEach('$.containers', { first: 'Take what is new', states: places }, { ...edges, next: doors }),
      [doors]: doesForEach('$.containers', leads('to what runs', 0), { ...edges, next: rest }),
      // Tasks that go on cost something and harm nobody: the next release, or deployment, finds them.
      [rest]: { ...doesForEach('$.containers', rests, edges), ...catching(edges.next) },
    },
  }
}

function takesBack(moved: ContainersMoved, edges: Edges): State {
  const runs = does(
    'ecs:updateService',
    {
      ...{ Cluster: moved.cluster, 'Service.$': '$.service' },
      ...{ 'TaskDefinition.$': '$.now.task', 'DesiredCount.$': '$.now.count' },
    },
    'Rest when back',
  )
  const doors = leads('back', 0, 'Run what ran')
  const states: States = { ...doors.states, 'Run what ran': runs, ...resting(moved, 'when back').states }
  return doesForEach('$.containers', { first: doors.first, states }, edges)
}

/** The second service has no tasks, and the first scales as it likes. */
function resting(moved: ContainersMoved, as: string): Inner {
  const [rest, stop, free] = [`Rest ${as}`, `Stop ${as}`, `Scale freely ${as}`]
  const { cluster, tasksLeast } = moved
  return {
    first: rest,
    states: {
      [rest]: scales(moved, '$.newScales', { MinCapacity: 0, MaxCapacity: 0 }, stop),
      [stop]: does('ecs:updateService', { Cluster: cluster, 'Service.$': '$.newService', DesiredCount: 0 }, free),
      [free]: scales(moved, '$.scales', { MinCapacity: tasksLeast }),
    },
  }
}

// ---------- ECS

function scales({ tasksMost }: ContainersMoved, resource: string, bounds: State, next?: string): State {
  return does(
    'applicationautoscaling:registerScalableTarget',
    {
      ...{ ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', 'ResourceId.$': resource },
      ...{ MaxCapacity: tasksMost, ...bounds },
    },
    next,
  )
}

/** Waits until a service runs the new tasks, all of them well: by their own check and the balancer's. */
function steady({ cluster }: ContainersMoved, what: string, service: string): States {
  const [begin, wait, count, look, judge, ill, fine] = [
    `Begin to wait for ${what}`,
    `Wait for ${what}`,
    `Count for ${what}`,
    `Look at ${what}`,
    `Judge ${what}`,
    `Not well: ${what}`,
    `Well: ${what}`,
  ]
  return {
    [begin]: { Type: 'Pass', Result: { looks: 0 }, ResultPath: '$.waits', Next: wait },
    [wait]: { Type: 'Wait', Seconds: lookS, Next: count },
    [count]: {
      Type: 'Pass',
      Parameters: { 'looks.$': 'States.MathAdd($.waits.looks, 1)' },
      ResultPath: '$.waits',
      Next: look,
    },
    [look]: {
      ...calls('ecs:describeServices', { Cluster: cluster, ...named(service) }),
      ResultSelector: {
        'task.$': '$.Services[0].TaskDefinition',
        'state.$': '$.Services[0].Deployments[0].RolloutState',
      },
      ResultPath: '$.seen',
      Next: judge,
    },
    [judge]: {
      Type: 'Choice',
      Choices: [
        { And: [is('COMPLETED'), { Variable: '$.seen.task', StringEqualsPath: '$.next.task' }], Next: fine },
        // Completed with another: ECS went back by itself.
        { Or: [is('COMPLETED'), is('FAILED')], Next: ill },
        { Variable: '$.waits.looks', NumericGreaterThanEquals: mostLooks, Next: ill },
      ],
      Default: wait,
    },
    [ill]: { Type: 'Fail', Error: 'NotWell', Cause: 'tasks of what is new do not start, or are not well' },
    [fine]: { Type: 'Pass', End: true },
  }
}

function is(state: string): State {
  return { Variable: '$.seen.state', StringEquals: state }
}
