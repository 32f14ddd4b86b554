/**
 * Accounts in two processes on one PostgreSQL server: what one of them ends, revokes or counts holds in the other. Each
 * is a process of its own with a door of its own; only their clocks are put forward together.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { person } from '@groundplan/accounts/test/people'
import shop from '@groundplan/accounts/test/shop'
import { homeOn } from 'groundplan/home'
import { memoryBuckets } from 'groundplan/memory/bucket'
import { memoryMail } from 'groundplan/memory/mail'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { migrate, postgresDrivers } from './drivers.ts'
import { type Server, startServer } from './test/cluster.ts'
import { writerCommand } from './test/kills.ts'
import { asked } from './test/live.ts'
import { withPostgres } from './test/server.ts'
import { realTime } from './test/time.ts'

const schema = 'accounts'
const child = fileURLToPath(new URL('test/accounts-child.ts', import.meta.url))
const patient = { timeout: 30_000, interval: 20 }
const quarterMs = 15 * 60_000

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}
interface Answer {
  readonly status: number
  readonly body: { readonly [field: string]: unknown; readonly tokens?: Tokens }
}

/** One of the processes. */
class OneProcess {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #url: string

  private constructor(started: ChildProcess, lines: AsyncIterator<string>, port: string) {
    this.#child = started
    this.#lines = lines
    this.#url = `http://127.0.0.1:${port}/api/shop`
  }

  static async started(...args: readonly string[]): Promise<OneProcess> {
    const command = [...writerCommand.slice(0, -1), child, ...args]
    const started = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] })
    if (!started.stdout) throw new Error('it has no output')
    const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]()
    return new OneProcess(started, lines, (await lines.next()).value ?? '')
  }

  /** `from`: the address that the proxy before it saw. */
  async ask(line: string, { body, token, key, from = '192.0.2.1' }: Asking = {}): Promise<Answer> {
    const [method = 'GET', path] = line.split(' ')
    const headers = new Headers({ 'x-forwarded-for': from })
    if (body !== undefined) headers.set('content-type', 'application/json')
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    if (key !== undefined) headers.set('x-api-key', key)
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
    const answer = await fetch(`${this.#url}${path}`, init)
    return { status: answer.status, body: (await answer.json()) as Answer['body'] } // an object, as all our answers are
  }

  async signIn(who: { readonly email: string; readonly password: string }, from?: string): Promise<Tokens> {
    const { email, password } = who
    const more = from === undefined ? {} : { from }
    const { body } = await this.ask('POST /accounts/sign-in', { body: { email, password, deliver: 'body' }, ...more })
    if (!body.tokens) throw new Error(`not signed in: ${JSON.stringify(body)}`)
    return body.tokens
  }

  refresh({ refreshToken }: Tokens): Promise<Answer> {
    return this.ask('POST /accounts/refresh', { body: { refreshToken } })
  }

  async statusOf({ accessToken }: Tokens): Promise<number> {
    return (await this.ask('GET /api/me', { token: accessToken })).status
  }

  async tell(command: string): Promise<void> {
    this.#child.stdin?.write(`${command}\n`)
    expect((await this.#lines.next()).value).toBe('done')
  }

  async end(): Promise<void> {
    const gone = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await gone
  }
}

interface Asking {
  readonly body?: unknown
  readonly token?: string
  readonly key?: string
  readonly from?: string
}

withPostgres('postgres: accounts in two processes', () => {
  vi.setConfig({ testTimeout: 120_000 })
  let server: Server
  let one: OneProcess
  let other: OneProcess
  beforeAll(async () => {
    server = await startServer()
    await asked(server.url, 'create database people')
    await enrolled()
    const args = [server.url, schema, server.urlOf('people')]
    ;[one, other] = await Promise.all([OneProcess.started(...args), OneProcess.started(...args)])
  }, 120_000)
  afterAll(async () => {
    await Promise.all([one?.end(), other?.end()])
    await server.remove()
  })

  const people: { readonly userId: string; readonly email: string; readonly password: string }[] = []

  /** Makes the schemas, and twelve people: more than are needed once. */
  async function enrolled(): Promise<void> {
    const { clock } = realTime()
    await using home = await homeOn(async shape => {
      const { url } = server
      await migrate(shape, { url, clock, schema })
      const buckets = memoryBuckets({ clock, baseUrl: 'http://localhost', key: 'k', buckets: [], accept() {} })
      const own = { url, clock, schema, masterKey: Buffer.alloc(32, 1), buckets, mail: memoryMail({ clock }) }
      return postgresDrivers(shape, { ...own, databaseUrl: () => server.urlOf('people') })
    })(shop)
    for (let n = 0; n < 12; n++) people.push(await person(home))
  }

  function somebody() {
    const who = people.pop()
    if (!who) throw new Error('make more people')
    return who
  }

  /** So far the clocks of both are ahead of this process's. */
  let aheadMs = 0
  async function bothAdvance(ms: number): Promise<void> {
    aheadMs += ms
    await Promise.all([one, other].map(each => each.tell(`advance ${ms}`)))
  }

  /** By their clocks, so that it takes no longer on a machine that is busy. */
  const aSecondLater = () => bothAdvance(1_000)

  describe('what one process ends', () => {
    it('a revoked API key is refused in the other within a second', async () => {
      const { accessToken: token } = await one.signIn(somebody())
      const made = await one.ask('POST /accounts/keys', { token, body: { name: 'mine', scopes: ['read'] } })
      expect(made.status).toBe(201)
      const key = String(made.body.text)
      const used = async () => (await other.ask('GET /keys/account', { key })).status
      expect(await used()).toBe(200)
      expect((await one.ask(`DELETE /accounts/keys/${made.body.keyId}`, { token })).status).toBe(200)
      await aSecondLater()
      expect(await used()).toBe(401)
    })

    it('an ended session is refused in the other within a second, and is not renewed there', async () => {
      const tokens = await one.signIn(somebody())
      expect([await one.statusOf(tokens), await other.statusOf(tokens)]).toEqual([200, 200])
      expect((await one.ask('POST /accounts/sign-out', { token: tokens.accessToken })).status).toBe(200)
      expect((await other.refresh(tokens)).status).toBe(401)
      await aSecondLater()
      expect([await one.statusOf(tokens), await other.statusOf(tokens)]).toEqual([401, 401])
    })

    it('a refresh token that is used again in the other ends the family in both', async () => {
      const stolen = await one.signIn(somebody())
      const { tokens: owners } = (await one.refresh(stolen)).body
      if (!owners) throw new Error('it was not renewed')
      expect([await one.statusOf(owners), await other.statusOf(owners)]).toEqual([200, 200])
      await bothAdvance(11_000)
      expect((await other.refresh(stolen)).status).toBe(401)
      expect((await one.refresh(owners)).status).toBe(401)
      await aSecondLater()
      expect([await one.statusOf(owners), await other.statusOf(owners)]).toEqual([401, 401])
    })
  })

  it('attempts are limited over both together: of twenty wrong passwords ten are looked at', async () => {
    // Attempts count anew with each quarter of an hour: all of these are made in one.
    await bothAdvance(quarterMs - ((Date.now() + aheadMs) % quarterMs))
    const { email } = somebody()
    const body = { email, password: 'not the password at all', deliver: 'body' }
    const statuses: number[] = []
    // Some at a time: who comes when too many wait is told to come again, and has not tried.
    for (let n = 0; n < 20; n += 4) {
      const four = [one, other, one, other].map((each, at) =>
        each.ask('POST /accounts/sign-in', { body, from: `198.51.100.${n + at}` }),
      )
      statuses.push(...(await Promise.all(four)).map(({ status }) => status))
    }
    expect(statuses.filter(status => status === 401)).toHaveLength(10)
    expect(statuses.filter(status => status === 429)).toHaveLength(10)
  })

  it('keys change while requests run in both, and none is refused', async () => {
    let tokens = await one.signIn(somebody())
    const early = tokens
    const kid = ({ accessToken }: Tokens): string =>
      JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString()).kid
    const statuses: number[] = []
    let isOver = false
    const asking = async (each: OneProcess) => {
      while (!isOver) statuses.push(await each.statusOf(tokens))
    }
    const running = Promise.all([one, other, one, other].map(asking))
    await one.tell('change-keys')
    const signers = new Set([kid(tokens)])
    // The next key signs five minutes after it is made; a token lives for five. In steps shorter than a call may last.
    for (let step = 0; step < 36; step++) {
      await bothAdvance(10_000)
      const renewed = (await [one, other][step % 2]?.refresh(tokens))?.body.tokens
      if (!renewed) throw new Error('it was not renewed')
      tokens = renewed
      signers.add(kid(tokens))
      const { length } = statuses
      await expect.poll(() => statuses.length, patient).toBeGreaterThan(length + 4)
    }
    isOver = true
    await running
    expect(signers.size).toBe(2)
    expect(kid(tokens)).not.toBe(kid(early))
    expect(new Set(statuses)).toEqual(new Set([200]))
  })
})
