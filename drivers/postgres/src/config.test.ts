/**
 * The systems of this repository on a server, by configuration alone. Nothing of the systems knows where they are.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Server, startServer } from './test/cluster.ts'
import { asked } from './test/live.ts'
import { Program } from './test/program.ts'
import { withPostgres } from './test/server.ts'

const sell = (url: string, key: string) =>
  fetch(`${url}/api/counter/decrement`, { method: 'POST', headers: { 'idempotency-key': key } })
const left = async (url: string): Promise<unknown> =>
  ((await (await fetch(`${url}/api/counter/counter`)).json()) as { readonly left: number }).left

async function signedIn(api: string, userId: string): Promise<Readonly<Record<string, string>>> {
  const body = JSON.stringify({ email: `${userId}@example.org`, password: `development-${userId}`, deliver: 'body' })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${api}/accounts/sign-in`, { method: 'POST', headers, body })
  const { tokens } = (await answer.json()) as { readonly tokens: { readonly accessToken: string } }
  return { authorization: `Bearer ${tokens.accessToken}` }
}

interface Ordered {
  readonly status: number
  readonly body: { readonly orderId?: string }
}

async function ordered(api: string, who: Readonly<Record<string, string>>, key: string): Promise<Ordered> {
  const body = JSON.stringify({ lines: [{ productId: 'halden-pocket-camera', quantity: 1 }] })
  const headers = { ...who, 'content-type': 'application/json', 'idempotency-key': key }
  const answer = await fetch(`${api}/customer/orders`, { method: 'POST', headers, body })
  return { status: answer.status, body: (await answer.json()) as Ordered['body'] }
}

/** What a process says to whoever comes to its internal address without a token. */
async function stranger(url: string): Promise<unknown> {
  const asked = {
    service: 'backend',
    endpoint: 'placeOrder',
    payload: '{}',
    token: 'x.y',
    traceparent: '',
    untilMs: 9e15,
  }
  const answer = await fetch(`${url}/internal/storefront`, {
    method: 'POST',
    body: JSON.stringify({ groundplan: asked }),
  })
  return answer.json()
}

/** What a watcher is told, one state after the other, until the signal aborts. */
async function watched(url: string, signal: AbortSignal, told: number[]): Promise<void> {
  const response = await fetch(`${url}/api/counter/live`, { signal })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const next = await reader?.read().catch(() => undefined)
    if (!next || next.done) return
    text += next.value
    told.splice(0, told.length, ...[...text.matchAll(/"left":(\d+)/g)].map(match => Number(match[1])))
  }
}

withPostgres('postgres: by configuration alone', () => {
  vi.setConfig({ testTimeout: 120_000 })
  let server: Server
  let program: Program
  beforeAll(async () => {
    server = await startServer()
    program = new Program(server.url)
    await program.built()
  }, 180_000)
  afterAll(async () => {
    await program.close()
    await server.remove()
  })

  describe('an environment', () => {
    it('that lacks variables is refused with all of their names', async () => {
      const { code, text } = await program.ran(['start', 'counter', '--env', 'production'], {})
      expect(code).toBe(1)
      expect(text).toMatch(/"production" needs variables.*\n\s+DATABASE_URL\n\s+GROUNDPLAN_MASTER_KEY_FILE/)
      const wrong = await program.ran(['start', 'counter', '--env', 'prodution'])
      expect(wrong.code).toBe(2)
      expect(wrong.text).toContain('did you mean "production"')
    })

    it('whose server is not there, or was not migrated to, says what to do', async () => {
      const nowhere = await program.ran(['start', 'counter', '--env', 'production'], {
        ...program.variables,
        DATABASE_URL: 'postgres://127.0.0.1:1/nothing',
      })
      expect(nowhere.code).toBe(1)
      expect(nowhere.text).toContain('see whether postgres runs')
      const empty = await program.ran([
        'start',
        'counter',
        '--env',
        'production',
        '--data',
        join(program.folder, 'early'),
      ])
      expect(empty.code).toBe(1)
      expect(empty.text).toContain('groundplan migrate --env')
    })

    it('is migrated to: first said, then done, and nothing the second time', async () => {
      const migrate = ['migrate', 'counter', 'storefront', '--env', 'production', '--json']
      const shown = await program.ran([...migrate, '--dry-run'])
      expect(shown.code).toBe(0)
      const pending = shown.lines.filter(({ event }) => event === 'pending')
      expect(pending.map(({ what }) => what)).toContain('make the table "stock"')
      expect(await asked(server.url, `select from pg_namespace where nspname = 'counter'`)).toHaveLength(0)
      const unsure = await program.ran(migrate)
      expect(unsure.code).toBe(2)
      expect(unsure.text).toContain('--yes')
      const done = await program.ran([...migrate, '--yes'])
      expect(done.code).toBe(0)
      expect(done.lines.filter(({ event }) => event === 'done').map(({ what }) => what)).toEqual(
        pending.map(({ what }) => what),
      )
      const again = await program.ran([...migrate, '--yes'])
      expect(again.lines).toEqual([{ event: 'migrated', pending: 0 }])
    })
  })

  it('databases of a plan are made there, and their migrations run, each once', async () => {
    const migrate = ['migrate', 'giftflick', '--env', 'production', '--json']
    const shown = await program.ran([...migrate, '--dry-run'])
    const pending = shown.lines.filter(({ event }) => event === 'pending').map(({ what }) => String(what))
    expect(pending).toContain('make the database "giftflick-gifts"')
    expect(pending.some(what => /^run the migration ".*" of the database "gifts"$/.test(what))).toBe(true)
    const done = await program.ran([...migrate, '--yes'])
    expect(done.code).toBe(0)
    expect(done.lines.filter(({ event }) => event === 'done').map(({ what }) => what)).toEqual(pending)
    const again = await program.ran([...migrate, '--yes'])
    expect(again.lines).toEqual([{ event: 'migrated', pending: 0 }])
    const tables = await asked(server.urlOf('giftflick-gifts'), `select from pg_tables where tablename = 'gifts'`)
    expect(tables).toHaveLength(1)
  })

  it('counter and storefront run on it, in two processes that see the same', async () => {
    const [one, other] = [await program.started('one'), await program.started('other')]
    const stop = new AbortController()
    const told: number[] = []
    const watching = watched(other.url, stop.signal, told)
    await vi.waitFor(() => expect(told).toEqual([1000]), 20_000)
    for (let n = 1; n <= 5; n++) {
      expect((await sell(n % 2 ? one.url : other.url, `k-${n}`)).status).toBe(200)
      await vi.waitFor(() => expect(told.at(-1)).toBe(1000 - n), 20_000)
    }
    expect((await sell(other.url, 'k-1')).status).toBe(200)
    expect(await left(one.url)).toBe(995)
    stop.abort()
    await watching
    const sales = async () => {
      const answer = (await (await fetch(`${one.url}/api/counter/sales`)).json()) as { readonly sales: unknown[] }
      return answer.sales.length
    }
    await vi.waitFor(async () => expect(await sales()).toBe(5), 20_000)

    await program.kill(one.child)
    expect(await left(other.url)).toBe(995)
    const again = await program.started('one')
    expect((await sell(again.url, 'k-6')).status).toBe(200)
    expect(await left(other.url)).toBe(994)
  })

  it('storefront runs on it with its services in processes of their own, of which one is killed and comes back', async () => {
    const seed = ['seed', 'storefront', '--env', 'production', '--json']
    const seeded = await program.ran([...seed, '--data', join(program.folder, 'seed')])
    expect(seeded.code, seeded.text).toBe(0)
    const inner = (port: string) => ['storefront', '--service', 'backend', '--port', port]
    const backend = await program.started('backend', inner('0'))
    const others = ['--others', `backend=${backend.url}`]
    const doors = await program.started('doors', [
      ...['storefront', '--service', 'customer-bff,ops-bff,shop', '--port', '0'],
      ...others,
    ])
    const api = `${doors.url}/api/storefront`
    const anna = await signedIn(api, 'anna')
    const olga = await signedIn(api, 'olga')
    const order = (key: string) => ordered(api, anna, key)
    const first = await order('o-1')
    expect(first).toMatchObject({ status: 201, body: { state: 'placed' } })
    expect(await order('o-1')).toEqual(first)
    // Whoever asks at the wrong process, or without a token, finds nothing.
    expect((await fetch(`${backend.url}/api/storefront/customer/catalogue`)).status).toBe(404)
    expect(await stranger(backend.url)).toMatchObject({ problem: { code: 'not-authenticated' } })

    await program.kill(backend.child)
    expect(await order('o-2')).toMatchObject({ status: 503, body: { code: 'service-unavailable' } })
    await program.started('backend', inner(new URL(backend.url).port))
    const second = await order('o-2')
    expect(second).toMatchObject({ status: 201, body: { state: 'placed' } })
    const day = new Date().toISOString().slice(0, 10)
    const inbox = async () => {
      const answer = await fetch(`${api}/ops/inbox/${day}`, { headers: olga })
      const { notices } = (await answer.json()) as { readonly notices: readonly { readonly orderId: string }[] }
      return notices.map(({ orderId }) => orderId).toSorted()
    }
    const placed = [first.body.orderId, second.body.orderId].toSorted()
    await vi.waitFor(async () => expect(await inbox()).toEqual(placed), 30_000)
  })

  it('what it keeps is checked against the plan of now: all of it fits, or what does not is named', async () => {
    const elsewhere = join(program.folder, 'checked')
    const check = ['check', 'counter', '--data', '--env', 'production', '--folder', elsewhere, '--json']
    const stock = async () => {
      const { code, lines } = await program.ran(check)
      return { code, ...lines.find(({ event, table }) => event === 'data' && table === 'stock') }
    }
    expect(await stock()).toMatchObject({ code: 0, system: 'counter', items: 1, unfit: 0 })
    const setLeft = (left: string) =>
      asked(server.url, `update counter.stock set item = jsonb_set(item::jsonb, '{left}', $1::jsonb)::json`, [left])
    await setLeft('"many"')
    expect(await stock()).toMatchObject({ code: 1, unfit: 1, examples: [{ key: { product: 'camera' } }] })
    await setLeft('994')
    expect(await stock()).toMatchObject({ code: 0, unfit: 0 })
  })

  it('an operator asks it from anywhere, and nothing of it is on this disk', async () => {
    const tables = await program.ran([
      'table',
      'get',
      'counter/stock',
      'camera',
      '--env',
      'production',
      '--data',
      join(program.folder, 'third'),
    ])
    expect(tables.text).toContain('994')
    expect(tables.code).toBe(0)
    // The storefront's mail is on the machine's disk: nothing in the environment keeps mail. The counter has nothing there.
    const files = readdirSync(join(program.folder, 'one', 'data-production', 'counter'))
    expect(files.filter(file => file.endsWith('.mdb'))).toEqual([])
  })
})
