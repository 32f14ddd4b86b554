import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from './run.ts'
import { operatedProject, program, type Server, serving, shopPlan } from './test/operated.ts'
import { buildProgram } from './test/process.ts'
import type { TestProject } from './test/project.ts'
import { testTerminal } from './test/terminal.ts'

beforeAll(buildProgram, 120_000)

interface Said {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** Runs a command line here; what it asks is a process's or its own. */
async function groundplan(project: TestProject, args: readonly string[], piped?: string): Promise<Said> {
  const input = Readable.from(piped === undefined ? [] : [Buffer.from(piped)])
  const terminal = testTerminal({ folder: project.root, input })
  const code = await run(args, terminal)
  return { code, out: terminal.said(), error: terminal.complained() }
}

function lines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .trimEnd()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
}

const secretValue = 'k-81f3a-hidden-value'

/** What holds of every command, whether a process runs the systems or none does. */
describe.each(['running', 'at rest'] as const)(
  'the commands of an operator, on systems %s',
  { timeout: 60_000 },
  mode => {
    let project: TestProject
    let server: Server | undefined
    const ask = (line: string, piped?: string) => groundplan(project, line.split(' '), piped)
    const json = async (line: string, piped?: string) => lines((await ask(`${line} --json`, piped)).out)
    const running = mode === 'running'

    beforeAll(async () => {
      project = operatedProject()
      server = running ? await serving(project) : undefined
    }, 60_000)
    afterAll(async () => {
      await server?.end()
      project[Symbol.dispose]()
    })

    it('fill in sample data, as often as it is asked for', async () => {
      for (let time = 0; time < 2; time++) {
        const said = await ask('seed shop')
        expect(said).toMatchObject({ code: 0, out: 'shop has its sample data\ntry order o1\n', error: '' })
      }
      const tables = await json('table list shop')
      expect(tables.find(({ name }) => name === 'orders')).toMatchObject({ items: 4, numbers: ['placed'] })
      expect(await ask('seed second')).toMatchObject({ code: 1, error: expect.stringContaining('has no sample data') })
    })

    it('show one item, a query by an index in the order of numbers, and all items', async () => {
      expect(await json('table get shop/orders o1')).toEqual([{ orderId: 'o1', customer: '42', placed: 1 }])
      expect(await json('table get shop/orders orderId=o1')).toHaveLength(1)
      const [page] = await json('table query shop/orders customer=42 --index byCustomer --from 2 --limit 1')
      expect(page).toMatchObject({ items: [{ orderId: 'o2' }], after: expect.any(String) })
      const [rest] = await json(`table query shop/orders customer=42 --from 2 --after ${page?.after}`)
      expect(rest).toEqual({ items: [{ orderId: 'o10', customer: '42', placed: 10 }] })
      const [backwards] = await json('table query orders customer=42 --reverse').catch(() => [undefined])
      expect(backwards).toBeUndefined()
      const exported = await ask('table export shop/orders')
      expect(lines(exported.out).map(({ orderId }) => orderId)).toEqual(['evil', 'o1', 'o10', 'o2'])
    })

    it('say what is wrong with a query before it is asked', async () => {
      for (const [line, message] of [
        ['table get shop/orders nope', 'There is no such item'],
        ['table get shop/orders customer=42', 'The key of "orders" is orderId'],
        ['table query shop/orders note=1', 'The table is by orderId'],
        ['table query shop/orders customer=42 placed=soon', '"placed" is a number'],
        ['table query shop/orders customer=42 --limit 0', '"0" is no --limit'],
        ['table query shop/orders customer=42 --index nope', 'There is no index "nope"'],
        ['table query shop/orders customer=42 --after zzz', 'invalid-cursor'],
        ['table get shop/ordres o1', 'did you mean "orders"?'],
        ['table get shpo/orders o1', 'did you mean "shop"?'],
        ['table get orders o1', 'does not say of which system'],
      ] as const) {
        const said = await ask(line)
        expect(said.error, line).toContain(message)
        expect(said.code, line).toBeGreaterThan(0)
      }
    })

    it('send, list, peek, redrive and purge messages', async () => {
      const ids = ['one', "two';--", '../three']
      for (const id of ids) {
        const message = JSON.stringify({ job: running ? 'fail' : 'later' })
        expect(await groundplan(project, ['queue', 'send', 'shop/jobs', message, '--id', id])).toMatchObject({
          code: 0,
        })
      }
      const part = running ? '--dead' : ''
      const waiting = async () => (await json(`queue peek shop/jobs ${part}`.trim())).map(({ id }) => id)
      await expect.poll(waiting, { timeout: 20_000 }).toEqual(ids)
      const [counts] = await json('queue list shop')
      expect(counts).toMatchObject({ system: 'shop', name: 'jobs', ...(running ? { dead: 3 } : { ready: 3 }) })
      if (running) {
        const pretty = await ask('queue peek shop/jobs --dead')
        expect(pretty.out).toContain('the job failed \\u001b[31m')
        expect(pretty.out).not.toContain('\u001b')
        const once = await groundplan(project, ['queue', 'redrive', 'shop/jobs', ids[1] ?? '', 'unknown'])
        expect(once.out).toBe('1 message of shop/jobs waits again\n')
        await expect.poll(async () => [...(await waiting())].sort(), { timeout: 20_000 }).toEqual([...ids].sort())
      }
      const refused = await ask(`queue purge shop/jobs ${part}`.trim())
      expect(refused).toMatchObject({ code: 2, error: expect.stringContaining('--yes') })
      expect(await waiting()).toHaveLength(3)
      expect(await ask(`queue purge shop/jobs --yes ${part}`.trim())).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^3 /),
      })
      expect(await waiting()).toEqual([])
    })

    it('refuse messages that fit no schema, no queue, or no order', async () => {
      expect((await groundplan(project, ['queue', 'send', 'shop/jobs', '{"job":7}'])).error).toContain(
        'message-invalid',
      )
      expect((await groundplan(project, ['queue', 'send', 'shop/jobs', '{'])).error).toContain('is no JSON')
      const late = await groundplan(project, ['queue', 'send', 'shop/ordered', '{"of":"a"}', '--delay', '10s'])
      expect(late.error).toContain('delay-on-ordered-queue')
      const derived = await groundplan(project, ['queue', 'send', 'shop/back.byNote', '{}'])
      expect(derived.error).toContain('is fed by the framework alone')
      expect((await ask('queue peek shop/jbos')).error).toContain('did you mean "jobs"?')
      expect((await ask('queue peek shop/byNote')).code).toBe(0)
    })

    it('run a schedule now, and say how it went', async () => {
      const count = async () => (await json('table get shop/counts nightly'))[0]?.count ?? 0
      const before = await count()
      expect(await ask('schedule run shop/nightly')).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^shop\/back\/nightly ran/),
      })
      expect(await count()).toBe(Number(before) + 1)
      const nightly = (await json('schedule list shop')).find(({ name }) => name === 'back/nightly')
      expect(nightly).toMatchObject({ last: { state: 'done' }, nextAtMs: expect.any(Number) })
    })

    it('never give a secret away: not in answers, lists, failures, nor by what a handler says', async () => {
      expect((await json('secret list shop')).find(({ name }) => name === 'token')).toEqual({
        ...{ system: 'shop', name: 'token', declared: true },
      })
      const said = [
        await ask('secret set shop/token', `${secretValue}\n`),
        await ask('secret list shop'),
        await ask('secret list shop --json'),
        await ask('schedule run shop/broken'),
        await ask('schedule list shop'),
        await ask('schedule list shop --json'),
      ]
      expect(said[0]).toMatchObject({ code: 0, out: 'shop/token is set (version 1)\n' })
      expect(said[3]).toMatchObject({ code: 1, out: expect.stringContaining('failed: refused with [secret token]') })
      for (const { out, error } of said) expect(out + error).not.toContain(secretValue)
      if (server) {
        const seen = (await (await fetch(`${server.url}/api/shop/secrets`)).json()) as { token: number }
        expect(seen.token).toBe(secretValue.length)
        await server.says('using [secret token]')
        expect(server.wrote()).not.toContain(secretValue)
      }
    })

    it('rotate a secret with an overlap, keep one for each tenant, and remove both', async () => {
      const rotated = await groundplan(
        project,
        ['secret', 'rotate', 'shop/token', '--overlap', '24 hours'],
        'next-value-123',
      )
      expect(rotated).toMatchObject({
        code: 0,
        out: expect.stringMatching(/version 2\); the one before is good until/),
      })
      expect(await ask('secret set shop tenant-keys --tenant acme', 'of-acme-1')).toMatchObject({ code: 0 })
      const known = await json('secret list shop')
      const day = 24 * 3_600_000
      const token = known.find(({ name }) => name === 'token')
      expect(Number(token?.previousUntilMs) - Number(token?.changedAtMs)).toBe(day)
      expect(known.find(({ tenant }) => tenant === 'acme')).toMatchObject({ name: 'tenant-keys', version: 1 })
      expect((await ask('secret set shop/tenant-keys', 'x-of-nobody')).error).toContain('name the tenant')
      expect((await ask('secret remove shop/token')).error).toContain('add --yes')
      for (const rest of ['token', 'tenant-keys --tenant acme']) {
        expect(await ask(`secret remove shop/${rest} --yes`)).toMatchObject({
          code: 0,
          out: expect.stringMatching(/removed\n$/),
        })
        expect(await ask(`secret remove shop/${rest} --yes`)).toMatchObject({
          code: 0,
          out: expect.stringMatching(/was not set\n$/),
        })
      }
      expect(JSON.stringify(await json('secret list shop'))).not.toMatch(/version|internal/)
    })

    it('refuse values that are empty, too large, or of a secret that is none', async () => {
      for (const [value, message] of [
        ['', 'The value is empty'],
        ['\n', 'The value is empty'],
        ['x'.repeat(65 * 1_024), 'The value is too large'],
      ] as const) {
        expect((await ask('secret set shop/token', value)).error).toContain(message)
      }
      expect((await ask('secret set shop/tokne', secretValue)).error).toContain('did you mean "token"?')
      const hostile = await groundplan(project, ['secret', 'set', 'shop/tenant-keys', '--tenant', 'A b\n'], secretValue)
      expect(hostile).toMatchObject({ code: 1, error: expect.stringContaining('invalid-key') })
      expect(hostile.error).not.toContain(secretValue)
    })

    it('set a setting that fits its schema, and refuse another', async () => {
      const [before] = await json('setting list shop')
      expect(before).toEqual({ system: 'shop', name: 'page-size', declared: true })
      expect(await ask('setting set shop/page-size 50')).toMatchObject({ code: 0 })
      expect((await ask('setting set shop/page-size none')).error).toContain('setting-invalid')
      expect(await ask('setting set shop/page-size', '60\n')).toMatchObject({ code: 0 })
      expect((await json('setting list shop'))[0]).toMatchObject({ value: '60', version: 2 })
    })

    it('make a key that is shown once, works, and is refused once it is revoked', async () => {
      const made = await ask('key create shop --account anna --name laptop --scopes read --rate free --expires 1d')
      expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^partner_[0-9a-f]+_[0-9a-f]{64}\n$/) })
      const text = made.out.trim()
      const [, id = '', secret = ''] = text.split('_')
      const listed = await ask('key list shop --json')
      expect(lines(listed.out)).toMatchObject([
        { keys: 'partner', keyId: id, account: 'anna', name: 'laptop', rate: 'free' },
      ])
      expect(listed.out).not.toMatch(/secretHash/)
      expect(listed.out + (await ask('key list shop')).out).not.toContain(secret)
      const status = async () => (await fetch(`${server?.url}/api/shop/me`, { headers: { 'x-api-key': text } })).status
      if (running) expect(await status()).toBe(200)
      const rotated = await ask(`key rotate shop ${id} --overlap 1h`)
      const headers = { 'x-api-key': rotated.out.trim() }
      expect(headers['x-api-key']).toMatch(/^partner_[0-9a-f]+_[0-9a-f]{64}$/)
      if (running) expect((await fetch(`${server?.url}/api/shop/me`, { headers })).status).toBe(200)
      if (running) expect(await status()).toBe(200)
      expect((await ask('key rotate shop nobody')).code).not.toBe(0)
      expect((await ask(`key revoke shop ${id}`)).code).toBe(2)
      expect(await ask(`key revoke shop ${id} --yes`)).toMatchObject({ code: 0 })
      if (running) expect(await status()).toBe(401)
      expect(await ask(`key revoke shop ${id} --yes`)).toMatchObject({
        code: 1,
        out: expect.stringContaining('is no key'),
      })
      for (const [more, message] of [
        ['--scopes admin', 'no scope "admin"'],
        ['--scopes read --rate gold', 'no rate "gold"'],
        ['', 'what the key is good for'],
      ] as const) {
        expect((await ask(`key create shop --account anna ${more}`.trim())).error).toContain(message)
      }
    })

    it('count what fits no schema any more', async () => {
      expect(await ask('check shop --data')).toMatchObject({
        code: 0,
        out: expect.stringContaining('shop/orders: 4 items, all fit'),
      })
    })

    it('work on two systems, each on its own data', async () => {
      const systems = new Set((await json('table list')).map(({ system }) => system))
      expect([...systems]).toEqual(['shop', 'second'])
      expect(await json('table query second/notes day=x at=1')).toEqual([{ items: [] }])
      expect((await ask('table get second/notes day=x')).error).toContain('The key of "notes" is day and at')
    })
  },
)

describe('check --data', { timeout: 60_000 }, () => {
  it('names items that do not fit the schema that a plan has now, and fails', async () => {
    using project = operatedProject()
    await groundplan(project, ['seed', 'shop'])
    project.write('shop/plan.ts', shopPlan.replace('customer: z.string()', "customer: z.literal('42')"))
    const said = await groundplan(project, ['check', 'shop', '--data'])
    expect(said.code).toBe(1)
    expect(said.out).toContain('shop/orders: 4 items, 1 do not fit\n  {"orderId":"evil"}')
    const machine = await groundplan(project, ['check', 'shop', '--data', '--json'])
    const found = lines(machine.out).find(({ table }) => table === 'orders')
    expect(found).toMatchObject({ event: 'data', items: 4, unfit: 1, examples: [{ key: { orderId: 'evil' } }] })
  })

  it('makes no data folder by looking', async () => {
    using project = operatedProject()
    expect(await groundplan(project, ['check', '--data'])).toMatchObject({ code: 0 })
    expect(() => statSync(join(project.root, '.groundplan', 'data'))).toThrow('ENOENT')
  })
})

describe('a command line in a process of its own', { timeout: 90_000 }, () => {
  it('takes a secret from its input alone, and writes it nowhere: not on its outputs, not on the disk', async () => {
    using project = operatedProject()
    const server = await serving(project, ['--log', 'debug'])
    try {
      const set = program(project, ['secret', 'set', 'shop/token'], { input: secretValue })
      expect(await set.ended).toBe(0)
      const failing = program(project, ['schedule', 'run', 'shop/broken'])
      expect(await failing.ended).toBe(1)
      expect(set.wrote() + failing.wrote()).not.toContain(secretValue)
    } finally {
      await server.end()
    }
    expect(server.wrote()).toContain('setSecret')
    expect(server.wrote()).not.toContain(secretValue)
    expect(filesHolding(join(project.root, '.groundplan'), secretValue)).toEqual([])
  })
})

/** Files below a folder that hold a text. */
function filesHolding(folder: string, text: string): readonly string[] {
  return readdirDeep(folder).filter(file => readFileSync(file).includes(text))
}

function readdirDeep(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return readdirDeep(path)
    return entry.isFile() ? [path] : []
  })
}
