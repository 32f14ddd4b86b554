import { expect, it } from 'vitest'
import type { Answer, Asked, Door, DoorRoute } from '../runtime/door.ts'
import { Doorway } from './doorway.ts'

/** Routes of one gateway, by method and path, that answer with a name. */
function door(name: string, ...paths: readonly string[]): Door {
  const routes = paths.map(path => {
    const [method = '', at = ''] = path.split(' ')
    return { gateway: 'api', name: path, endpoint: { method, path: at } } as unknown as DoorRoute // as much as is asked of it
  })
  return {
    plan: 'words',
    gateways: {},
    routes,
    call: async ({ name: route }): Promise<Answer> => ({
      kind: 'json',
      status: 200,
      json: `${name} ${route}`,
      headers: {},
    }),
    refuse: code => ({
      kind: 'problem',
      status: 404,
      problem: { type: '', title: '', status: 404, code },
      headers: {},
      declared: false,
    }),
  }
}

const asked = {} as Asked // handed on as it is

async function said(answer: Promise<Answer>): Promise<string> {
  const given = await answer
  return given.kind === 'json' ? given.json : given.kind === 'problem' ? given.problem.code : given.kind
}

function first({ routes }: Door): DoorRoute {
  const [route] = routes
  if (!route) throw new Error('no route')
  return route
}

it('lets calls through to the door that is open', async () => {
  const doorway = new Doorway(door('one', 'GET /a'))
  const open = doorway.door()
  expect(await said(open.call(first(open), asked))).toBe('one GET /a')
})

it('makes calls wait while it is held, and gives them to the door that comes, by method and path', async () => {
  const doorway = new Doorway(door('one', 'GET /a'))
  const before = doorway.door()
  doorway.hold()
  const answers: string[] = []
  const waiting = [1, 2].map(() => said(before.call(first(before), asked)).then(text => answers.push(text)))
  await new Promise(resolve => setImmediate(resolve))
  expect(answers).toEqual([])
  doorway.open(door('two', 'POST /a', 'GET /a'))
  await Promise.all(waiting)
  expect(answers).toEqual(['two GET /a', 'two GET /a'])
  expect(await said(before.call(first(before), asked)), 'a server that still has the door before').toBe('two GET /a')
})

it('refuses what the door that came does not have', async () => {
  const doorway = new Doorway(door('one', 'GET /a'))
  const before = doorway.door()
  doorway.hold()
  const answer = said(before.call(first(before), asked))
  doorway.open(door('two', 'GET /b'))
  expect(await answer).toBe('no-such-route')
})

it('may be held again before all who waited have gone', async () => {
  const doorway = new Doorway(door('one', 'GET /a'))
  const before = doorway.door()
  doorway.hold()
  const answer = said(before.call(first(before), asked))
  doorway.open(door('two', 'GET /a'))
  doorway.hold()
  doorway.open(door('three', 'GET /a'))
  expect(await answer).toBe('three GET /a')
})
