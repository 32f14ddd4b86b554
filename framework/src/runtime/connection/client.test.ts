import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type MemoryClock, memoryClock } from '../../memory/clock.ts'
import { type ConnectionClient, connection } from '../../plan/connection.ts'
import { secret, setting } from '../../plan/secret.ts'
import { type ConnectionAttempt, type ConnectionDeps, openConnection } from './client.ts'
import {
  closeServers,
  type Handle,
  half,
  hang,
  json,
  redirect,
  reset,
  serve,
  status,
  stuck,
  text,
} from './test/servers.ts'

// ---------- the connection

const token = 'tok-5ecret-0f-acme'
const keys = secret('platform-keys', { per: 'tenant' })
const Nodes = z.object({ nodes: z.array(z.string()) })
const nodes = { nodes: ['a', 'b'] }

type Options = Omit<Parameters<typeof connection>[1], 'url'>

afterEach(closeServers)

let clock: MemoryClock
let attempts: ConnectionAttempt[]
let caller: AbortController
let fractions: number
beforeEach(() => {
  clock = memoryClock(Date.UTC(2030, 0, 1))
  attempts = []
  caller = new AbortController()
  fractions = 0.5
})

const withKey: Options = { credential: { from: keys, header: 'X-Api-Key', prefix: 'Key ' } }

function opened(
  url: string | ReturnType<typeof setting<z.ZodString>>,
  options: Options = {},
  deps: Partial<ConnectionDeps> = {},
) {
  const { spec } = connection('eagle', { url, ...options })
  return openConnection('eagle', spec, {
    clock,
    fetch,
    fraction: () => fractions,
    secretOf: async (name, tenant) => (name === 'platform-keys' && tenant === 'acme' ? token : undefined),
    settingOf: async () => {
      throw new Error('no setting')
    },
    ...deps,
  })
}

function clientOf(open: ReturnType<typeof opened>, callMs = 60_000): ConnectionClient {
  return open.client({
    signal: caller.signal,
    deadlineMs: clock.now() + callMs,
    observe: attempt => attempts.push(attempt),
  })
}

function client(url: string, options: Options = {}, callMs?: number): ConnectionClient {
  return clientOf(opened(url, options), callMs)
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

/** Passes the wait after the attempt of that number; gives its length. */
async function passWait(afterAttempt: number): Promise<number> {
  await until(() => attempts.length === afterAttempt && clock.nextAt() !== undefined)
  const waitMs = (clock.nextAt() ?? Number.NaN) - clock.now()
  await clock.advance(waitMs)
  return waitMs
}

function problemOf(reply: { readonly ok: boolean; readonly problem?: { readonly code: string } }): string | undefined {
  return reply.problem?.code
}

describe('a connection', () => {
  it('asks with query and credential, and gives the answer parsed', async () => {
    const server = await serve(json({ ...nodes, unasked: true }))
    const eagle = client(`${server.url}/api/v1/`, withKey)
    const reply = await eagle.get('/nodes', {
      tenant: 'acme',
      query: { limit: 2, deep: true, after: undefined },
      returns: Nodes,
    })
    expect(reply).toEqual({ ok: true, status: 200, value: nodes })
    const [asked] = server.asked
    expect([asked?.method, asked?.url]).toEqual(['GET', '/api/v1/nodes?limit=2&deep=true'])
    expect(asked?.headers).toMatchObject({ 'x-api-key': `Key ${token}`, accept: 'application/json' })
    expect(attempts).toEqual([
      {
        connection: 'eagle',
        method: 'GET',
        host: server.url.slice('http://'.length),
        path: '/api/v1/nodes?limit&deep',
        attempt: 1,
        durationMs: 0,
        status: 200,
      },
    ])
    expect(clock.nextAt()).toBeUndefined()
  })

  it('sends JSON, or text with its own type', async () => {
    const server = await serve(json(nodes, 201))
    const eagle = client(server.url)
    expect(await eagle.post('nodes', { body: { name: 'c' }, returns: Nodes })).toMatchObject({ ok: true, status: 201 })
    await eagle.put('nodes', { body: 'a,b', headers: { 'Content-Type': 'text/csv' }, returns: Nodes })
    await eagle.patch('nodes', { body: 'a,b', returns: Nodes })
    await eagle.delete('nodes', { returns: Nodes })
    const sent = server.asked.map(({ method, body, headers }) => [method, body, headers['content-type']])
    expect(sent).toEqual([
      ['POST', '{"name":"c"}', 'application/json'],
      ['PUT', 'a,b', 'text/csv'],
      ['PATCH', '"a,b"', 'application/json'],
      ['DELETE', '', undefined],
    ])
  })

  it('gives text as text, and nothing as undefined', async () => {
    const server = await serve(text('time,value\n', 'text/csv'), (_, response) => response.writeHead(204).end())
    const eagle = client(server.url)
    expect(await eagle.get('/csv', { returns: z.string() })).toEqual({ ok: true, status: 200, value: 'time,value\n' })
    expect(await eagle.delete('/csv', { returns: z.undefined() })).toEqual({ ok: true, status: 204, value: undefined })
  })

  it('finds its address in a setting', async () => {
    const server = await serve(json(nodes))
    const address = setting('eagle-url', z.string())
    const found = clientOf(opened(address, {}, { settingOf: async () => `${server.url}/base` }))
    expect((await found.get('/nodes', { returns: Nodes })).ok).toBe(true)
    expect(server.asked[0]?.url).toBe('/base/nodes')
    for (const wrong of ['localhost:80', 'ftp://host', 'https://user:pass@host', '']) {
      const lost = clientOf(opened(address, {}, { settingOf: async () => wrong }))
      await expect(lost.get('/nodes', { returns: Nodes })).rejects.toMatchObject({ code: 'setting-invalid' })
    }
  })

  it.each(['../admin', '/a/../../admin', '%2e%2e/admin', '..\\admin', '/nodes/%2E%2e/..'])(
    'does not leave its address by the path %s',
    async path => {
      const server = await serve(json(nodes))
      const reply = await client(`${server.url}/api`).get(path, { returns: Nodes })
      expect([problemOf(reply), server.asked]).toEqual(['refused', []])
    },
  )

  it.each(['//other.example/x', '/\\other.example/x', 'http://other.example/x'])(
    'stays with its host for the path %s',
    async path => {
      const server = await serve(json(nodes))
      await client(`${server.url}/api`).get(path, { returns: Nodes })
      expect(server.asked[0]?.url).toMatch(/^\/api\/(http:\/\/)?other\.example\/x$/)
    },
  )

  it('says why a request cannot be sent, without its values', async () => {
    const server = await serve(json(nodes))
    const eagle = client(server.url, withKey)
    const circle: Record<string, unknown> = {}
    circle.self = circle
    const replies = [
      await eagle.get('/n?key=hidden', { tenant: 'acme', headers: { 'X-A': 'hidden\nvalue' }, returns: Nodes }),
      await eagle.post('/n', { tenant: 'acme', body: circle, returns: Nodes }),
      await eagle.get('/n', { tenant: 'acme', body: 'hidden', returns: Nodes }),
    ]
    expect(replies.map(problemOf)).toEqual(['refused', 'refused', 'refused'])
    expect(JSON.stringify(replies)).not.toContain('hidden')
    expect(server.asked).toEqual([])
  })
})

describe('answers that do not fit', () => {
  it.each<[string, Handle]>([
    ['another shape', json({ nodes: 'hidden' })],
    ['no JSON', text('{"nodes":["hidden"', 'application/json')],
    ['a page for people', text('<h1>hidden</h1>', 'text/html')],
    [
      'no UTF-8',
      (_, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xff, 0x22])),
    ],
    ['nothing at all', (_, response) => response.writeHead(200).end()],
    ['no success and no failure', status(304)],
  ])('are unexpected: %s', async (_, answer) => {
    const server = await serve(answer)
    const reply = await client(server.url).get('/nodes', { returns: Nodes })
    expect([problemOf(reply), server.asked.length]).toEqual(['unexpected-answer', 1])
    expect(JSON.stringify(reply)).not.toContain('hidden')
  })

  it('are told with their place', async () => {
    const server = await serve(json({ nodes: ['a', 7] }))
    const reply = await client(server.url).get('/nodes', { returns: Nodes })
    expect(reply).toMatchObject({ status: 200, problem: { detail: expect.stringContaining('/nodes/1') } })
  })

  it('are not read beyond 6 MB, announced or not', async () => {
    const megabyte = Buffer.alloc(1_048_576, ' ')
    let sent = 0
    const announced: Handle = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': `${7 * megabyte.length}` })
      response.write(megabyte)
    }
    const endless: Handle = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (!response.destroyed && sent++ < 1_000 && response.write(megabyte));
      }
      response.on('drain', more)
      more()
    }
    const server = await serve(announced, endless)
    const eagle = client(server.url)
    for (const path of ['/announced', '/endless']) {
      const reply = await eagle.get(path, { returns: Nodes })
      expect(reply).toMatchObject({
        ok: false,
        problem: { code: 'unexpected-answer', detail: expect.stringContaining('6144 KB') },
      })
    }
    expect(sent).toBeLessThan(100)
  })
})

describe('failures', () => {
  it('that are the request’s are not tried again', async () => {
    const server = await serve(status(404))
    const reply = await client(server.url).get('/nodes', { query: { q: 'hidden' }, returns: Nodes })
    expect(reply).toEqual({
      ok: false,
      status: 404,
      problem: { kind: 'problem', code: 'refused', detail: 'eagle: GET /nodes?q: answered 404' },
    })
    expect(server.asked).toHaveLength(1)
  })

  it('of the other side are tried again, each time after twice the wait', async () => {
    const server = await serve(status(500), reset, half, json(nodes))
    const reply = client(server.url).get('/nodes', { returns: Nodes })
    const waits = [await passWait(1), await passWait(2), await passWait(3)]
    expect(await reply).toMatchObject({ ok: true, value: nodes })
    expect(waits).toEqual([100, 200, 400])
    expect(attempts.map(({ attempt, problem }) => [attempt, problem])).toEqual([
      [1, 'unavailable'],
      [2, 'unavailable'],
      [3, 'unavailable'],
      [4, undefined],
    ])
  })

  it('are given up after the retries', async () => {
    const server = await serve(status(503))
    const reply = client(server.url, { retries: 1 }).get('/nodes', { returns: Nodes })
    await passWait(1)
    expect(await reply).toMatchObject({ ok: false, status: 503, problem: { code: 'unavailable' } })
    expect(server.asked).toHaveLength(2)
  })

  it('are tried again for what may be done twice only', async () => {
    const server = await serve(status(503))
    const eagle = client(server.url, { retries: 1 })
    const once = [
      await eagle.post('/a', { returns: Nodes }),
      await eagle.patch('/b', { returns: Nodes }),
      await eagle.get('/c', { repeatable: false, returns: Nodes }),
    ]
    expect(once.map(problemOf)).toEqual(['unavailable', 'unavailable', 'unavailable'])
    const twice = eagle.post('/d', { repeatable: true, body: { n: 1 }, returns: Nodes })
    await passWait(4)
    await twice
    expect(server.asked.map(({ url }) => url)).toEqual(['/a', '/b', '/c', '/d', '/d'])
    expect(server.asked.slice(3).map(({ body }) => body)).toEqual(['{"n":1}', '{"n":1}'])
  })

  it('to connect are unavailability, with the system’s code', async () => {
    const server = await serve(hang)
    await closeServers()
    const reply = await client(server.url, { retries: 0 }).get('/nodes', { returns: Nodes })
    expect(reply).toMatchObject({ problem: { code: 'unavailable', detail: expect.stringContaining('ECONNREFUSED') } })
  })

  it.each([
    ['does not answer', hang],
    ['stops in its answer', stuck],
  ])('of a server that %s end with the attempt’s time, and are tried again', async (_, silent) => {
    const server = await serve(silent, json(nodes))
    const reply = client(server.url, { timeout: '2 seconds' }).get('/nodes', { returns: Nodes })
    await until(() => server.asked.length === 1)
    await clock.advance(2_000)
    await passWait(1)
    expect((await reply).ok).toBe(true)
    expect(attempts[0]).toMatchObject({ problem: 'timed-out', durationMs: 2_000 })
  })

  it('of a silent server end with the call', async () => {
    const server = await serve(hang)
    const reply = client(server.url, {}, 3_000).get('/nodes', { returns: Nodes })
    await until(() => server.asked.length === 1)
    await clock.advance(3_000)
    expect(problemOf(await reply)).toBe('timed-out')
  })

  it('wait for no caller who has gone, in whatever they are', async () => {
    const server = await serve(hang)
    const open = opened(server.url, { rate: { requests: 1, per: '30 seconds' } })
    const asking = clientOf(open).get('/nodes', { returns: Nodes })
    const inTurn = clientOf(open).get('/nodes', { returns: Nodes })
    await until(() => server.asked.length === 1)
    caller.abort()
    expect([problemOf(await asking), problemOf(await inTurn)]).toEqual(['timed-out', 'timed-out'])
    expect(clock.nextAt()).toBeUndefined()
    expect(problemOf(await clientOf(open).get('/nodes', { returns: Nodes }))).toBe('timed-out')
    expect(server.asked).toHaveLength(1)
  })
})

describe('an answer 429', () => {
  it.each([
    ['seconds', '7', 7_100],
    ['a date', 'Thu, 21 Nov 2030 10:00:30 GMT', 30_100],
  ])('is obeyed when it says when to come again in %s, whatever the method', async (_, after, waitMs) => {
    const busy = status(429, { 'retry-after': after, date: 'Thu, 21 Nov 2030 10:00:00 GMT' })
    const server = await serve(busy, json(nodes))
    const reply = client(server.url).post('/nodes', { body: {}, returns: Nodes })
    expect(await passWait(1)).toBe(waitMs)
    expect(await reply).toMatchObject({ ok: true })
  })

  it('is the reply when the call has not so much time', async () => {
    const server = await serve(status(429, { 'retry-after': '60' }))
    const reply = await client(server.url, {}, 30_000).get('/nodes', { returns: Nodes })
    expect(reply).toMatchObject({ ok: false, status: 429, problem: { code: 'rate-limited' } })
    expect(server.asked).toHaveLength(1)
  })
})

describe('redirects', () => {
  it('are followed within the origin, with the credential', async () => {
    const server = await serve(redirect(302, '/moved?x=1'), redirect(308, 'again'), json(nodes))
    const reply = await client(`${server.url}/api`, withKey).get('/nodes', { tenant: 'acme', returns: Nodes })
    expect(reply.ok).toBe(true)
    expect(server.asked.map(({ url, headers }) => [url, headers['x-api-key']])).toEqual([
      ['/api/nodes', `Key ${token}`],
      ['/moved?x=1', `Key ${token}`],
      ['/again', `Key ${token}`],
    ])
  })

  it.each([
    [303, 'GET', ''],
    [302, 'GET', ''],
    [307, 'POST', '{"n":1}'],
  ])('by %i repeat a POST as %s', async (code, method, body) => {
    const server = await serve(redirect(code, '/there'), json(nodes))
    await client(server.url).post('/here', { body: { n: 1 }, returns: Nodes })
    expect(server.asked[1]).toMatchObject({ url: '/there', method, body })
  })

  it('to another origin are not followed', async () => {
    const other = await serve(json(nodes))
    const server = await serve(redirect(302, `${other.url}/nodes`), redirect(302, 'http://['), redirect(307, '/round'))
    const eagle = client(server.url, withKey)
    const replies = []
    for (let n = 0; n < 3; n++) replies.push(await eagle.get('/nodes', { tenant: 'acme', returns: Nodes }))
    expect(replies.map(problemOf)).toEqual(['refused', 'refused', 'refused'])
    expect([other.asked.length, server.asked.length]).toEqual([0, 8])
  })
})

describe('the breaker of a connection', () => {
  const breaking: Options = { ...withKey, retries: 0, breaker: { failures: 2, open: '30 seconds' } }
  const secretOf = async (): Promise<string> => token

  it('stops asking for a tenant after failures in a row, and tries one when its time is over', async () => {
    const server = await serve(status(500))
    const open = opened(server.url, breaking, { secretOf })
    const ask = (tenant: string) => clientOf(open).get('/nodes', { tenant, returns: Nodes })
    expect([await ask('a'), await ask('a'), await ask('a'), await ask('b')].map(problemOf)).toEqual([
      'unavailable',
      'unavailable',
      'breaker-open',
      'unavailable',
    ])
    expect(server.asked).toHaveLength(3)
    await clock.advance(30_000)
    server.answers = [json(nodes)]
    const replies = await Promise.all([ask('a'), ask('a')])
    expect(replies.map(problemOf)).toEqual([undefined, 'breaker-open'])
    expect((await ask('a')).ok).toBe(true)
  })

  it('is not moved by refusals or busy answers', async () => {
    const server = await serve(status(404), status(404), status(404), status(429), status(429), json(nodes))
    const ask = () => client(server.url, { ...breaking, retries: 0 }).get('/nodes', { tenant: 'acme', returns: Nodes })
    const replies = []
    for (let n = 0; n < 6; n++) replies.push(problemOf(await ask()))
    expect(replies).toEqual(['refused', 'refused', 'refused', 'rate-limited', 'rate-limited', undefined])
  })

  it('lets another try when the trial had no turn under the rate limit', async () => {
    const server = await serve(status(500), status(500), json(nodes))
    const open = opened(server.url, { ...breaking, rate: { requests: 2, per: '1 minute' } })
    const ask = (callMs: number) => clientOf(open, callMs).get('/nodes', { tenant: 'acme', returns: Nodes })
    await ask(1_000)
    await ask(1_000)
    await clock.advance(30_000)
    expect(problemOf(await ask(10_000))).toBe('rate-limited')
    const trial = ask(60_000)
    await until(() => clock.nextAt() !== undefined)
    await clock.advance(30_000)
    expect((await trial).ok).toBe(true)
  })

  it('ends the retries of a request, which has failed by what it met', async () => {
    const server = await serve(status(500))
    const reply = client(server.url, { ...breaking, retries: 5 }).get('/nodes', { tenant: 'acme', returns: Nodes })
    await passWait(1)
    await passWait(2)
    expect(problemOf(await reply)).toBe('unavailable')
    expect(server.asked).toHaveLength(2)
  })
})

describe('the rate limit of a connection', () => {
  const limited: Options = { rate: { requests: 2, per: '1 second' } }

  it('has requests wait for their turn, each tenant for itself', async () => {
    const server = await serve(json(nodes))
    const open = opened(server.url, limited)
    const done: string[] = []
    const ask = async (tenant: string): Promise<void> => {
      await clientOf(open).get(`/${tenant}`, { tenant, returns: Nodes })
      done.push(tenant)
    }
    const all = Promise.all(['a', 'a', 'a', 'b', 'a', 'a'].map(ask))
    await until(() => done.length === 3)
    expect(done.sort()).toEqual(['a', 'a', 'b'])
    await clock.advance(999)
    expect(server.asked).toHaveLength(3)
    await clock.advance(1)
    await until(() => done.length === 5)
    await clock.advance(1_000)
    await all
    expect(server.asked).toHaveLength(6)
  })

  it('gives the turn of a caller who has gone to the next', async () => {
    const server = await serve(json(nodes))
    const open = opened(server.url, { rate: { requests: 1, per: '1 second' } })
    await clientOf(open).get('/nodes', { returns: Nodes })
    const gone = clientOf(open).get('/nodes', { returns: Nodes })
    await until(() => clock.nextAt() !== undefined)
    caller.abort()
    expect(problemOf(await gone)).toBe('timed-out')
    caller = new AbortController()
    const next = clientOf(open).get('/nodes', { returns: Nodes })
    await until(() => clock.nextAt() !== undefined)
    expect((clock.nextAt() ?? 0) - clock.now()).toBe(1_000)
    await clock.advance(1_000)
    expect((await next).ok).toBe(true)
  })

  it('refuses whose turn would come after the call', async () => {
    const server = await serve(json(nodes))
    const open = opened(server.url, limited)
    const ask = (callMs: number) => clientOf(open, callMs).get('/nodes', { returns: Nodes })
    await Promise.all([ask(1_000), ask(1_000)])
    expect(problemOf(await ask(1_000))).toBe('rate-limited')
    expect(server.asked).toHaveLength(2)
  })
})

describe('the credential of a connection', () => {
  it('is missed before anything is sent', async () => {
    const server = await serve(json(nodes))
    const eagle = client(server.url, withKey)
    const replies = [
      await eagle.get('/nodes', { returns: Nodes }),
      await eagle.get('/nodes', { tenant: 'unknown', returns: Nodes }),
    ]
    expect(replies.map(problemOf)).toEqual(['credential-missing', 'credential-missing'])
    expect(server.asked).toEqual([])
  })

  it('is the secret’s, without the line end of the file it came from', async () => {
    const server = await serve(json(nodes))
    const one: Options = { credential: { from: secret('renderer-token'), header: 'Authorization', prefix: 'Bearer ' } }
    const names: unknown[] = []
    const secretOf = async (name: string, tenant: string | undefined): Promise<string> => {
      names.push([name, tenant])
      return `${token}\n`
    }
    await clientOf(opened(server.url, one, { secretOf })).get('/nodes', { tenant: 'acme', returns: Nodes })
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${token}`)
    expect(names).toEqual([['renderer-token', undefined]])
  })

  it('is in no reply, no trace and no error, whatever goes wrong', async () => {
    const other = await serve(json(nodes))
    const echo: Handle = (request, response) => json({ nodes: request.headers['x-api-key'] })(request, response)
    const answers = [
      status(401),
      status(500),
      status(429),
      reset,
      half,
      redirect(302, other.url),
      echo,
      text(token, 'text/html'),
    ]
    const told: unknown[] = []
    for (const secretOf of [async () => token, async () => `${token}\nX-Other: 1`, async () => `${token} ✓`]) {
      const server = await serve(...answers)
      const open = opened(server.url, { ...withKey, retries: 0 }, { secretOf })
      for (let n = 0; n < answers.length; n++) {
        const path = n % 2 ? `/nodes/${token}` : '/nodes'
        const reply = clientOf(open).post(path, {
          tenant: 'acme',
          query: { [token]: 1, k: token },
          body: token,
          returns: Nodes,
        })
        told.push(await reply.catch(error => error))
      }
    }
    expect(told).toHaveLength(24)
    expect(inspect([told, attempts], { depth: 20, showHidden: true })).not.toContain(token)
  })
})
