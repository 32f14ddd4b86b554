/** Doors that take the place of others while the server runs: what `groundplan start` and `dev` do. */
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { memoryClock } from '../memory/clock.ts'
import { anyone } from '../plan/authorizer.ts'
import { endpoint } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import { plan } from '../plan/plan.ts'
import { service } from '../plan/service.ts'
import { type Served, serve } from './node.ts'
import { doorOf } from './test/door.ts'

let served: Served | undefined

afterEach(() => served?.close(0))

const Says = z.object({ says: z.string() })

function saying(says: string, path: `/${string}` = '/word', until: Promise<void> = Promise.resolve()) {
  const word = endpoint(`GET ${path}`, {
    summary: 'A word',
    caller: anyone,
    returns: Says,
    handle: () => until.then(() => ({ says })),
  })
  return plan('words', { gateways: { api: gateway(service('server', { word })) } })
}

async function opened(doors: Parameters<typeof serve>[0], mount?: '/'): Promise<Served> {
  served = await serve(doors, { clock: memoryClock(0), report: () => {}, ...(mount ? { mount } : {}) })
  return served
}

const told = async (url: string): Promise<unknown> => {
  const answer = await fetch(url)
  return answer.ok ? answer.json() : answer.status
}

it('replaces no doors by some, and those by others, on connections that are open', async () => {
  const { url, replace } = await opened([])
  expect(await told(`${url}/api/words/word`)).toBe(404)
  replace([doorOf(saying('one'))])
  expect(await told(`${url}/api/words/word`)).toEqual({ says: 'one' })
  replace([doorOf(saying('two', '/other'))])
  expect(await told(`${url}/api/words/word`)).toBe(404)
  expect(await told(`${url}/api/words/other`)).toEqual({ says: 'two' })
})

it('answers what was asked before by the door it was asked of', async () => {
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  const { url, replace } = await opened([doorOf(saying('before', '/word', held))])
  const asked = told(`${url}/api/words/word`)
  // Asked once an answer to a later request is there.
  expect(await told(`${url}/nowhere`)).toBe(404)
  replace([doorOf(saying('after'))])
  expect(await told(`${url}/api/words/word`)).toEqual({ says: 'after' })
  release()
  expect(await asked).toEqual({ says: 'before' })
})

it('keeps the root for the gateway that comes', async () => {
  const { url, replace } = await opened([], '/')
  replace([doorOf(saying('root'))])
  expect(await told(`${url}/word`)).toEqual({ says: 'root' })
})
