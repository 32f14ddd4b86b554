import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { run } from './run.ts'
import { shopFiles, testProject } from './test/project.ts'
import { testTerminal } from './test/terminal.ts'

/** A target of a few lines, whose deployment is what a test says. */
const config = (parts: string, changed = '') => `import { config } from 'groundplan/config'
const changes = { changes: [{ does: 'makes', what: 'route a', how: [] }], widens: [], loses: [] }
const signed = { by: 'olga', at: '2026-01-01T00:00:00Z' }
const given = { ${parts} }
const target = {
  kind: 'target',
  name: 'sky',
  files: async () => ({}),
  compare: async () => changes,
  deployment: async ({ told, images, signal, profile = 'ada' }) => ({
    to: 'the sky, as ' + profile, digest: 'd1'.repeat(32), approval: 'oneself', changes: { ...changes, ${changed} },
    ask: async () => signed,
    run: async () => {
      told({ part: 'infra', what: 'route a', state: 'begun', does: 'makes' })
      told({ part: 'infra', what: 'route a', state: 'done', does: 'makes', tookMs: 12_300 })
      if (given.lasts) await new Promise(done => signal.addEventListener('abort', done))
      if (signal.aborted) return { end: 'left', part: 'infra' }
      return { end: 'done', addresses: ['https://' + JSON.stringify(images ?? 'shop')] }
    },
    ...given,
  }),
  asked: async (_plan, _environment, profile = 'olga') => ({
    digest: 'd1'.repeat(32), changes, asked: { ...signed, by: 'ada' }, approve: async () => ({ ...signed, by: profile }),
  }),
  removal: async ({ profile }) => ({
    to: 'the sky' + (profile ? ', as ' + profile : ''), mustBeNamed: ['orders'],
    things: [
      { what: 'table orders', name: 'orders', holdsData: true, stays: false },
      { what: 'logs', name: 'logs', holdsData: true, stays: true },
      { what: 'route a', name: 'a', holdsData: false, stays: false },
    ],
    run: async () => ({ end: 'done', addresses: [] }),
  }),
}
export default config({ systems: { shop: './shop/plan.ts' }, environments: { test: { target }, here: {} } })
`

function project(parts = '', changed = '') {
  return testProject({ ...shopFiles, 'groundplan.config.ts': config(parts, changed) })
}

/** @param typed what somebody types; undefined: nobody sits there */
async function command(root: string, args: readonly string[], typed?: string) {
  const keys = typed === undefined ? {} : { interactive: true, input: keyboard(typed) }
  const terminal = testTerminal({ folder: root, ...keys })
  const code = await run(args, terminal)
  return { code, said: terminal.said(), complained: terminal.complained() }
}

function keyboard(text: string) {
  return Object.assign(Readable.from([`${text}\n`]), { isTTY: true })
}

const env = ['--env', 'test']

test('deploy says what is to be done and where, asks, tells of each thing with its time, and where it stands', async () => {
  using shop = project()
  const { code, said, complained } = await command(shop.root, ['deploy', 'shop', ...env], 'y')
  expect(code).toBe(0)
  expect(said).toBe(`shop, test
  + makes route a
  deployment d1d1d1d1d1d1 to the sky, as ada
done shop  https://"shop"
`)
  expect(complained).toBe(`Do this in "test"? [y/N] infra       makes route a
infra       made route a  12 s
`)
})

test('deploy does nothing without a yes, and asks nobody in a pipeline', async () => {
  using shop = project()
  expect(await command(shop.root, ['deploy', ...env], 'n')).toMatchObject({
    code: 1,
    said: expect.not.stringContaining('done'),
  })
  const silent = await command(shop.root, ['deploy', ...env])
  expect(silent).toMatchObject({ code: 2, complained: expect.stringContaining('--yes') })
  expect(await command(shop.root, ['deploy', ...env, '--yes'])).toMatchObject({ code: 0 })
})

test('deploy --json says everything in lines for machines, images among it', async () => {
  using shop = project()
  const args = ['deploy', 'shop', ...env, '--yes', '--json', '--images', 'server=1,web=2']
  const { said } = await command(shop.root, args)
  const lines = said
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines.map(({ event }) => event)).toEqual(['plan', 'progress', 'progress', 'ended'])
  expect(lines[0]).toMatchObject({ digest: 'd1'.repeat(32), environment: 'test', changes: [{ what: 'route a' }] })
  expect(lines[3]).toMatchObject({ end: 'done', addresses: ['https://{"server":"1","web":"2"}'] })
})

test('deploy ends with a code for what becomes wider, for data that would be lost, and for what waits', async () => {
  using wider = project('', "widens: ['everybody reaches a']")
  const refused = await command(wider.root, ['deploy', ...env])
  expect(refused).toMatchObject({ code: 3, complained: expect.stringContaining('--yes') })
  using lossy = project('', "loses: ['what table a holds is removed with it']")
  expect((await command(lossy.root, ['deploy', ...env, '--yes'])).code).toBe(4)
  expect((await command(lossy.root, ['deploy', ...env, '--yes', '--lose-data'])).code).toBe(0)
  using waits = project("run: async () => ({ end: 'waits', why: 'images', wayOut: 'push them' })")
  expect(await command(waits.root, ['deploy', ...env, '--yes'])).toMatchObject({
    code: 5,
    complained: expect.stringContaining('push them'),
  })
})

test('a failure is said with its cause first, what to do about it, and what became of the rest', async () => {
  const end =
    "end: 'failed', part: 'infra', what: 'table a', why: 'exists already', wayOut: 'rename it', after: 'it is as it was'"
  using shop = project(`run: async () => ({ ${end} })`)
  const { code, complained } = await command(shop.root, ['deploy', ...env, '--yes'])
  expect(code).toBe(1)
  expect(complained).toBe('failed shop, infra: table a: exists already\n  → rename it\n  it is as it was\n')
})

test('--profile says whose credentials: the target gets its name, and finds its own where none is given', async () => {
  using shop = project()
  const as = ['--profile', 'shop-test', ...env]
  const deployed = await command(shop.root, ['deploy', 'shop', ...as, '--yes'])
  expect(deployed.said).toContain('to the sky, as shop-test')
  const approved = await command(shop.root, ['approve', 'shop', ...as, '--yes'])
  expect(approved.said).toContain('approved d1d1d1d1d1d1 by shop-test')
  const removed = await command(shop.root, ['destroy', 'shop', ...as])
  expect(removed.said + removed.complained).toContain('the sky, as shop-test')
})

test('--yes is no approval of another: that one is asked for, and given by approve', async () => {
  using shop = project("approval: 'another'")
  const refused = await command(shop.root, ['deploy', 'shop', ...env, '--yes'])
  expect(refused).toMatchObject({ code: 5, complained: expect.stringContaining('groundplan approve') })
  const asked = await command(shop.root, ['deploy', 'shop', ...env, '--ask'])
  expect(asked).toMatchObject({ code: 0, said: expect.stringContaining('groundplan approve shop --env test') })
  const approved = await command(shop.root, ['approve', 'shop', 'd1d1', ...env], 'y')
  expect(approved).toMatchObject({ code: 0, said: expect.stringContaining('approved d1d1d1d1d1d1 by olga') })
  expect(await command(shop.root, ['approve', 'shop', 'beef', ...env, '--yes'])).toMatchObject({
    code: 1,
    complained: expect.stringContaining('the one you name is over'),
  })
  using agreed = project("approval: 'another', approved: signed")
  expect(await command(agreed.root, ['deploy', ...env])).toMatchObject({
    code: 0,
    said: expect.stringContaining('approved by olga'),
  })
})

test('Ctrl-C leaves what was begun, and says how to go on', async () => {
  using shop = project('lasts: true')
  const terminal = testTerminal({ folder: shop.root })
  const running = run(['deploy', ...env, '--yes'], terminal)
  await expect.poll(() => terminal.complained(), { timeout: 20_000 }).toContain('made route a')
  terminal.signal('SIGINT')
  expect(await running).toBe(130)
  expect(terminal.complained()).toContain('run the command again')
  expect(terminal.listeners()).toBe(0)
})

test('destroy wants what holds data named and the name of the environment typed, and says what stays', async () => {
  using shop = project()
  const unnamed = await command(shop.root, ['destroy', 'shop', ...env], 'test')
  expect(unnamed.said).toBe(
    'shop, test, the sky\n  - removes table orders\n  = stays logs\n  - removes 1 things that hold nothing\n',
  )
  expect(unnamed).toMatchObject({ code: 4, complained: expect.stringContaining('--with orders') })
  const named = ['destroy', 'shop', ...env, '--with', 'orders']
  expect(await command(shop.root, named, 'production')).toMatchObject({ code: 1 })
  expect(await command(shop.root, named)).toMatchObject({
    code: 2,
    complained: expect.stringContaining('--confirm test'),
  })
  expect(await command(shop.root, named, 'test')).toMatchObject({ code: 0, said: expect.stringContaining('done shop') })
  expect(await command(shop.root, [...named, '--confirm', 'test'])).toMatchObject({ code: 0 })
})

test('an environment must be named, and have a target', async () => {
  using shop = project()
  expect(await command(shop.root, ['deploy'])).toMatchObject({ code: 2, complained: expect.stringContaining('--env') })
  expect(await command(shop.root, ['deploy', '--env', 'here'])).toMatchObject({ code: 2 })
  expect(await command(shop.root, ['destroy', '--env', 'test'])).toMatchObject({ code: 2 })
})
