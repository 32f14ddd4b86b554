import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from './run.ts'
import { shopFiles, testProject } from './test/project.ts'
import { testTerminal } from './test/terminal.ts'

/** A target of a few lines: a file that names the routes, and what it says of a comparison. */
const config = (routes: string, found: string) => `import { config } from 'groundplan/config'
const target = {
  kind: 'target',
  name: 'sky',
  files: async (plan, environment) => ({ 'routes.json': JSON.stringify([plan.name, environment, ${routes}]) }),
  compare: async (before, after) => (before['routes.json'] === after['routes.json']
    ? { changes: [], widens: [], loses: [] }
    : ${found}),
}
export default config({
  systems: { shop: './shop/plan.ts' },
  environments: { test: { target }, production: { target }, here: {} },
})
`
const harmless = "{ changes: [{ does: 'makes', what: 'route a', how: [] }], widens: [], loses: [] }"
const wider = "{ changes: [], widens: ['everybody reaches a'], loses: [] }".replace(
  '[]',
  "[{ does: 'changes', what: 'x', how: ['y: 1 → 2'] }]",
)
const worst = wider.replace('loses: []', "loses: ['what table a holds is removed with it']")

function project(routes = "'a'", found = harmless) {
  return testProject({ ...shopFiles, 'groundplan.config.ts': config(routes, found) })
}

async function command(root: string, ...args: readonly string[]) {
  const terminal = testTerminal({ folder: root })
  const code = await run(args, terminal)
  return { code, said: terminal.said(), complained: terminal.complained() }
}

test('synth writes what the target says beside the plan, for each environment that has a target', async () => {
  using shop = project()
  const { code, said } = await command(shop.root, 'synth')
  expect([code, said.split('\n').length]).toEqual([0, 3])
  const written = readFileSync(join(shop.root, 'shop/sky/production/routes.json'), 'utf8')
  expect(written).toBe('["shop","production","a"]')
  expect(existsSync(join(shop.root, 'shop/sky/test/routes.json'))).toBe(true)
  expect(existsSync(join(shop.root, 'shop/sky/here'))).toBe(false)
})

test('synth --check writes nothing, and fails where files are not what the plan says', async () => {
  using shop = project()
  const missing = await command(shop.root, 'synth', '--env', 'test', '--check', '--json')
  expect(missing).toMatchObject({ code: 1, complained: expect.stringContaining('groundplan synth') })
  expect(JSON.parse(missing.said)).toEqual({
    system: 'shop',
    environment: 'test',
    file: join('shop', 'sky', 'test', 'routes.json'),
    state: 'new',
  })
  expect(existsSync(join(shop.root, 'shop/sky'))).toBe(false)
  await command(shop.root, 'synth', '--env', 'test')
  expect(await command(shop.root, 'synth', '--env', 'test', '--check')).toMatchObject({ code: 0 })
  shop.write('shop/sky/test/routes.json', '[]')
  shop.write('shop/sky/test/older.json', '[]')
  const edited = await command(shop.root, 'synth', '--env', 'test', '--check')
  expect(edited.said).toMatch(/gone +shop.sky.test.older.json\nchanged +shop.sky.test.routes.json/)
  await command(shop.root, 'synth', '--env', 'test')
  expect(existsSync(join(shop.root, 'shop/sky/test/older.json'))).toBe(false)
})

test('diff says nothing changes, and what changes, with an exit code for what a person must look at', async () => {
  using same = project()
  await command(same.root, 'synth', 'shop', '--env', 'test')
  const nothing = await command(same.root, 'diff', 'shop', '--env', 'test')
  expect(nothing).toEqual({ code: 0, said: 'shop, test: nothing changes\n', complained: '' })

  for (const [found, code] of [[harmless, 0] as const, [wider, 3] as const, [worst, 4] as const]) {
    using shop = project("'b'", found)
    shop.write('shop/sky/test/routes.json', '[]')
    expect((await command(shop.root, 'diff', '--env', 'test')).code).toBe(code)
  }
  using shop = project("'b'", worst)
  const { said } = await command(shop.root, 'diff', '--env', 'test')
  expect(said).toBe(`shop, test
  Data would be lost
  ! what table a holds is removed with it
  Becomes wider
  ! everybody reaches a
  ~ changes x
      y: 1 → 2
`)
  const { said: line } = await command(shop.root, 'diff', '--env', 'test', '--json')
  expect(JSON.parse(line)).toMatchObject({ system: 'shop', environment: 'test', widens: ['everybody reaches a'] })
})

test('diff compares with files kept elsewhere', async () => {
  using shop = project()
  await command(shop.root, 'synth', '--env', 'test', '--output', 'release')
  expect(await command(shop.root, 'diff', '--env', 'test', '--against', 'release')).toMatchObject({ code: 0 })
  expect(existsSync(join(shop.root, 'shop/sky'))).toBe(false)
})

test('an environment that is not there, or has no target, is said with the way out', async () => {
  using shop = project()
  const unknown = await command(shop.root, 'diff', '--env', 'prodction')
  expect(unknown).toMatchObject({ code: 2, complained: expect.stringContaining('did you mean "production"?') })
  const without = await command(shop.root, 'synth', '--env', 'here')
  expect(without).toMatchObject({ code: 1, complained: expect.stringContaining('has no target') })
  using bare = testProject(shopFiles)
  expect(await command(bare.root, 'synth')).toMatchObject({
    code: 1,
    complained: expect.stringContaining('@groundplan/aws-target'),
  })
})
