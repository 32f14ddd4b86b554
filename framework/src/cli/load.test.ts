import { readdirSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Failure } from './errors.ts'
import { loadProject, loadSystems, namesMeant } from './load.ts'
import { shopFiles, testProject } from './test/project.ts'

const load = async (root: string) => loadSystems(await loadProject(root), ['shop'])

describe('A project', () => {
  it('is found from a folder inside it', async () => {
    using project = testProject(shopFiles)
    const found = await loadProject(join(project.root, 'shop'))
    expect(found).toMatchObject({ root: project.root, file: 'groundplan.config.ts' })
    expect(found.config.systems).toEqual({ shop: './shop/plan.ts' })
  })

  it('is missed with words on how to begin one', async () => {
    using project = testProject({})
    await expect(loadProject(project.root)).rejects.toMatchObject({
      message: `There is no groundplan.config.ts in ${project.root} or above it`,
      wayOut: expect.stringContaining('export default config('),
    })
  })

  it.each([
    ['export default {}', 'groundplan.config.ts names no systems'],
    ['export default { systems: { shop: 1 } }', 'groundplan.config.ts names no systems'],
    ["export default { systems: { '../x': './plan.ts' } }", 'groundplan.config.ts: a system is named "../x"'],
    ["export default { systems: { shop: './p.ts' }, start: ['shp'] }", 'groundplan.config.ts: `start` names "shp"'],
    ['export const config = 1', 'groundplan.config.ts names no systems'],
  ])('with a config that says %j is refused', async (text, message) => {
    using project = testProject({ 'groundplan.config.ts': text })
    await expect(loadProject(project.root)).rejects.toThrow(message)
  })

  it('knows its systems by name', async () => {
    using project = testProject(shopFiles)
    const found = await loadProject(project.root)
    expect(namesMeant(found, [], ['shop'])).toEqual(['shop'])
    expect(namesMeant(found, ['shop', 'shop'], [])).toEqual(['shop'])
    expect(() => namesMeant(found, ['shpo'], [])).toThrow('There is no system "shpo"')
    try {
      namesMeant(found, ['shpo'], [])
    } catch (error) {
      expect(error).toMatchObject({ wayOut: 'did you mean "shop"?', exitCode: 2 })
    }
  })
})

describe('A plan in TypeScript', () => {
  it('is loaded, with places in the files as written', async () => {
    using project = testProject(shopFiles)
    const [shop] = await load(project.root)
    expect(shop).toMatchObject({ file: 'shop/plan.ts', plan: { kind: 'plan', name: 'shop' } })
    expect(shop?.plan.place()).toEqual({ file: join(project.root, 'shop/plan.ts'), line: 10 })
    expect(shop).not.toHaveProperty('seed')
  })

  it('comes with the seed beside it, which means the same tables', async () => {
    using project = testProject(shopFiles)
    await load(project.root)
    project.write(
      'shop/seed.ts',
      `import { seed } from 'groundplan'
import { products } from './model.ts'
export default seed({ uses: { products: products.writer }, handle: async () => [] })
`,
    )
    const [shop] = await load(project.root)
    const list = shop?.plan.gateways.api?.service.handlers.list
    expect(shop?.seed?.uses.products?.resource).toBeDefined()
    expect(shop?.seed?.uses.products?.resource).toBe(list?.uses.products?.resource)
  })

  it('is bundled once while its files stay the same', async () => {
    using project = testProject(shopFiles)
    await load(project.root)
    const before = bundles(project.root)
    const model = join(project.root, 'shop/model.ts')
    utimesSync(model, new Date(), new Date()) // touched, the same
    await load(project.root)
    expect(bundles(project.root)).toEqual(before)
  })

  it('is bundled again when a file changed that it imports', async () => {
    using project = testProject(shopFiles)
    await load(project.root)
    project.write('shop/model.ts', shopFiles['shop/model.ts']?.replace("table('products'", "table('goods'") ?? '')
    const [shop] = await load(project.root)
    expect(shop?.plan.gateways.api?.service.handlers.list?.uses.products?.resource.name).toBe('goods')
  })

  it('is bundled again when its bundle or note is broken', async () => {
    using project = testProject(shopFiles)
    await load(project.root)
    project.write('.groundplan/build/shop.inputs.json', '{"made":')
    const [shop] = await load(project.root)
    expect(shop?.plan.name).toBe('shop')
  })
})

describe('A broken file', () => {
  it.each([
    ['const x = {{', 'shop/model.ts:5:12  Expected identifier but found "{"', 'correct it, then run the command again'],
    ["import './nope.ts'", 'shop/model.ts:5:8  Could not resolve "./nope.ts"', 'write the path of a file that exists'],
    [
      "import '@nobody/has-this'",
      'shop/model.ts:5:8  Could not resolve "@nobody/has-this"',
      'npm install @nobody/has-this',
    ],
    ['null.foo()', 'shop/model.ts:5  TypeError: ', 'correct it, then run the command again'],
    ["import { nope } from 'groundplan'; nope()", 'shop/model.ts:5', 'correct it, then run the command again'],
  ])('that says %j is named with its line', async (line, message, wayOut) => {
    using project = testProject({ ...shopFiles, 'shop/model.ts': `${shopFiles['shop/model.ts']}${line}\n` })
    const failure = await load(project.root).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({
      message: expect.stringContaining(message),
      wayOut: expect.stringContaining(wayOut),
      exitCode: 1,
    })
  })

  it.each([
    ['export const p = 1', 'shop/plan.ts exports no plan by default'],
    ["export default 'plan'", 'shop/plan.ts exports no plan by default'],
    ["import { plan } from 'groundplan'\nexport default plan('other', {})", 'the plan is named "other"'],
  ])('that says %j is no plan of this project', async (text, message) => {
    using project = testProject({ ...shopFiles, 'shop/plan.ts': text })
    await expect(load(project.root)).rejects.toThrow(message)
  })

  it('that is not there is said with where its path stands', async () => {
    using project = testProject({ 'groundplan.config.ts': shopFiles['groundplan.config.ts'] ?? '' })
    await expect(load(project.root)).rejects.toMatchObject({
      message: 'The system "shop" has no ./shop/plan.ts',
      wayOut: expect.stringContaining('groundplan.config.ts'),
    })
  })

  it('of a seed is told as such', async () => {
    using project = testProject({ ...shopFiles, 'shop/seed.ts': 'export default 1' })
    await expect(load(project.root)).rejects.toThrow('shop/seed.ts exports no seed by default')
  })
})

function bundles(root: string): readonly (readonly [string, number])[] {
  const folder = join(root, '.groundplan/build')
  return readdirSync(folder).map(file => [file, statSync(join(folder, file)).mtimeMs] as const)
}
