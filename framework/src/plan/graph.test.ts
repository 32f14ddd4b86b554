import { expect, test } from 'vitest'
import { check, notesOn } from './check.ts'
import { graphOf } from './graph.ts'
import { partsOf } from './parts.ts'
import { everything } from './test/everything.ts'

const graph = graphOf(everything)

/** `from -kind right as-> to` */
const arrows = graph.arrows.map(
  ({ kind, from, to, right, as }) => `${from} -${[kind, right, as].filter(Boolean).join(' ')}-> ${to}`,
)

test('the plan of these tests has no mistakes and nothing to be noted', () => {
  expect(check(everything)).toEqual([])
  expect(notesOn(everything)).toEqual([])
})

test('services come with their handlers under their lasting names, gateways and what they call first', () => {
  expect(graph.gateways).toEqual([
    { id: 'gateway:api', name: 'api', title: 'The door', service: 'web' },
    { id: 'gateway:back', name: 'back', service: 'backend' },
  ])
  expect(graph.services.map(({ id, handlers }) => [id, handlers.map(({ name, kind }) => `${name}: ${kind}`)])).toEqual([
    ['service:web', ['show: endpoint', 'again: endpoint', 'look: schedule']],
    [
      'service:backend',
      [
        'place: endpoint',
        'status: endpoint',
        'pack: consumer',
        'update: consumer',
        'tell: subscriber',
        'note: subscriber',
        'follow: subscriber',
        'followMine: subscriber',
        'uploaded: subscriber',
        'mine: view',
        'unstick: reaction',
        'cleanUp: retention',
      ],
    ],
  ])
})

test('a handler says what a person asks about it', () => {
  const handlers = graph.services.flatMap(({ handlers }) => handlers)
  const [show, look] = ['show', 'look'].map(name => handlers.find(handler => handler.name === name))
  expect(show).toEqual({
    id: 'handler:web/show',
    service: 'web',
    name: 'show',
    kind: 'endpoint',
    timeoutMs: 29_000,
    method: 'GET',
    path: '/orders',
    summary: 'My orders',
    caller: 'partner/read',
  })
  expect(look).toMatchObject({ kind: 'schedule', when: { cron: '0 3 * * *', zone: 'UTC' } })
})

test('all resources are there, by kind, also those of authorizers, views, retentions, connections and alarms', () => {
  const names = Object.entries(graph.resources).map(([kind, nodes]) => [kind, nodes.map(({ name }) => name)])
  expect(Object.fromEntries(names)).toEqual({
    table: ['partner-keys', 'partner-key-usage', 'orders', 'sessions'],
    view: ['mine'],
    database: ['ledger'],
    queue: ['jobs', 'updates'],
    topic: ['events', 'ordered'],
    bucket: ['files', 'archive'],
    secret: ['carrier-token'],
    setting: ['carrier-url'],
    mailbox: ['people'],
    connection: ['carrier'],
  })
  expect(graph.authorizers.map(({ name }) => name)).toEqual(['partner/read', 'customer', 'internal'])
  expect(graph.alarms.map(({ name }) => name)).toEqual(['behind', 'failing', 'stuck', 'too-many'])
  expect(graph.sites).toEqual([{ name: 'shop', path: '/shop' }])
})

test('arrows follow grants, of handlers and of authorizers, by their name in `uses`', () => {
  expect(arrows).toEqual(
    expect.arrayContaining([
      'handler:backend/place -grant writer orders-> table:orders',
      'handler:backend/place -grant publisher events-> topic:events',
      'handler:web/show -grant reader mine-> view:mine',
      'handler:web/show -grant client backend-> service:backend',
      'authorizer:customer -grant reader sessions-> table:sessions',
      'authorizer:partner/read -grant writer keys-> table:partner-keys',
      'handler:backend/cleanUp -grant scanner all-> table:orders',
      'handler:backend/followMine -grant client carrier-> connection:carrier',
    ]),
  )
})

test('arrows lead from what triggers a handler to the handler', () => {
  expect(arrows.filter(arrow => / -(delivers|keeps|triggers|guards|tells|measures|configures)/.test(arrow))).toEqual([
    'authorizer:partner/read -guards-> handler:web/show',
    'authorizer:partner/read -guards-> handler:web/again',
    'authorizer:customer -guards-> handler:backend/place',
    'authorizer:internal -guards-> handler:backend/status',
    'queue:jobs -delivers messages-> handler:backend/pack',
    'queue:updates -delivers messages-> handler:backend/update',
    'topic:events -delivers events-> handler:backend/tell',
    'topic:ordered -delivers events-> handler:backend/note',
    'table:orders -delivers changes-> handler:backend/follow',
    'view:mine -delivers changes-> handler:backend/followMine',
    'bucket:files -delivers created-> handler:backend/uploaded',
    'table:orders -delivers changes-> handler:backend/mine',
    'handler:backend/mine -keeps-> view:mine',
    'alarm:stuck -triggers-> handler:backend/unstick',
    'alarm:too-many -triggers-> handler:backend/cleanUp',
    'setting:carrier-url -configures-> connection:carrier',
    'secret:carrier-token -configures-> connection:carrier',
    'view:mine -measures-> alarm:behind',
    'alarm:behind -tells-> mailbox:people',
    'service:web -measures-> alarm:failing',
    'alarm:failing -tells-> mailbox:people',
    'queue:jobs -measures-> alarm:stuck',
    'table:orders -measures-> alarm:too-many',
    'alarm:too-many -tells-> mailbox:people',
  ])
})

test('gateways serve services, services call services, once each', () => {
  expect(arrows.filter(arrow => / -(serves|calls)/.test(arrow))).toEqual([
    'gateway:api -serves-> service:web',
    'gateway:back -serves-> service:backend',
    'service:web -calls-> service:backend',
  ])
})

test('every arrow begins and ends at a node, and no two are alike', () => {
  const nodes = new Set<string>([
    ...graph.gateways.map(({ id }) => id),
    ...graph.services.flatMap(({ id, handlers }) => [id, ...handlers.map(handler => handler.id)]),
    ...Object.values(graph.resources).flatMap(list => list.map(({ id }) => id)),
    ...graph.authorizers.map(({ id }) => id),
    ...graph.alarms.map(({ id }) => id),
  ])
  expect(graph.arrows.filter(({ from, to }) => !nodes.has(from) || !nodes.has(to))).toEqual([])
  expect(new Set(arrows).size).toBe(arrows.length)
})

test('the graph is plain data, and the same each time', () => {
  expect(JSON.parse(JSON.stringify(graph))).toEqual(graph)
  expect(JSON.stringify(graphOf(everything))).toBe(JSON.stringify(graph))
})

test('parts are the objects themselves, each once', () => {
  const parts = partsOf(everything)
  for (const list of [parts.services, parts.resources, parts.alarms, parts.authorizers]) {
    expect(new Set<unknown>(list).size).toBe(list.length)
  }
  expect(parts.services[0]).toBe(everything.gateways.api.service)
})
