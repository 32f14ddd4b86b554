import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from './run.ts'
import { type Packed, packed } from './test/packed.ts'
import { shopFiles, testProject } from './test/project.ts'
import { testTerminal } from './test/terminal.ts'
import { withSystem } from './with-system.ts'

async function init(folder: string, ...args: readonly string[]) {
  const terminal = testTerminal({ folder })
  const code = await run(['init', ...args], terminal)
  return { code, said: terminal.said(), complained: terminal.complained() }
}

const systemFiles = ['README.md', 'plan.ts', 'seed.ts']

describe('groundplan init', { timeout: 30_000 }, () => {
  it('writes a project into an empty folder, with the system named as the folder', async () => {
    using project = testProject({})
    const folder = join(project.root, 'Guest Book 2')
    mkdirSync(folder)
    const { code, said } = await init(folder)
    expect(code).toBe(0)
    expect(readdirSync(folder).sort()).toEqual(
      ['.gitignore', 'README.md', 'groundplan.config.ts', 'package.json', 'systems', 'tsconfig.json'].sort(),
    )
    expect(readdirSync(join(folder, 'systems/guest-book-2')).sort()).toEqual([...systemFiles, 'test'].sort())
    expect(readFileSync(join(folder, 'groundplan.config.ts'), 'utf8')).toContain(
      "'guest-book-2': './systems/guest-book-2/plan.ts',",
    )
    expect(said).toContain('npm install')
    expect(said).toContain('npx groundplan dev guest-book-2 --seed')
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) expect(path).not.toContain('__')
  })

  it('adds a system beside others, and leaves everything else in the config as it was', async () => {
    const config = `// ours\nimport { config } from 'groundplan/config'\n\nexport default config({\n  systems: {\n    shop: './shop/plan.ts', // the shop\n  },\n  start: ['shop'],\n})\n`
    using project = testProject({ ...shopFiles, 'groundplan.config.ts': config })
    const { code, said } = await init(join(project.root, 'shop'), 'invoices')
    expect(code).toBe(0)
    expect(said).not.toContain('npm install')
    const now = readFileSync(join(project.root, 'groundplan.config.ts'), 'utf8')
    expect(now.split('\n').filter(line => !config.includes(line))).toEqual([
      "    invoices: './systems/invoices/plan.ts',",
    ])
    expect(now.replace("\n    invoices: './systems/invoices/plan.ts',", '')).toBe(config)
    const terminal = testTerminal({ folder: project.root })
    expect(await run(['check'], terminal)).toBe(0)
    expect(terminal.said()).toContain('invoices')
  })

  it('says the line to add where the config is written otherwise, and leaves it alone', async () => {
    const config = `import { config } from 'groundplan/config'\nconst systems = { shop: './shop/plan.ts' }\nexport default config({ systems })\n`
    using project = testProject({ ...shopFiles, 'groundplan.config.ts': config })
    const { code, said } = await init(project.root, 'invoices')
    expect(code).toBe(0)
    expect(said).toContain("add to `systems` in groundplan.config.ts:  'invoices': './systems/invoices/plan.ts',")
    expect(readFileSync(join(project.root, 'groundplan.config.ts'), 'utf8')).toBe(config)
  })

  it('puts the config back when the longer one would mean something else', async () => {
    const config = `import { config } from 'groundplan/config'\nconst other = {\n  systems: {},\n}\nexport default config({ ...other, ['systems']: { shop: './shop/plan.ts' } })\n`
    using project = testProject({ ...shopFiles, 'groundplan.config.ts': config })
    const { said } = await init(project.root, 'invoices')
    expect(said).toContain('add to `systems`')
    expect(readFileSync(join(project.root, 'groundplan.config.ts'), 'utf8')).toBe(config)
  })

  it('never overwrites: a project file that is there stays, and what it would need is said', async () => {
    using project = testProject({ 'own/package.json': '{ "name": "mine" }', 'own/README.md': 'mine' })
    const folder = join(project.root, 'own')
    const { code, said } = await init(folder, 'guests')
    expect(code).toBe(0)
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe('{ "name": "mine" }')
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('mine')
    expect(said).not.toContain('wrote package.json')
    expect(said).toMatch(/set "type": "module" in package\.json.*\n.*npm install groundplan@\^/)
  })

  it('writes nothing at all when a file of the system is there', async () => {
    using project = testProject({ 'own/systems/guests/plan.ts': 'mine' })
    const folder = join(project.root, 'own')
    const { code, complained } = await init(folder, 'guests')
    expect(code).toBe(1)
    expect(complained).toContain('These files are there already: systems/guests/plan.ts')
    expect(readdirSync(folder)).toEqual(['systems'])
  })

  it.each([
    [['Guests'], '"Guests" is no name of a system'],
    [['../up'], '"../up" is no name of a system'],
    [['a', 'b'], '"init" takes one name'],
  ])('calls %j wrong usage', async (args, message) => {
    using project = testProject({})
    const { code, complained } = await init(project.root, ...args)
    expect(code).toBe(2)
    expect(complained).toContain(message)
  })

  it('refuses a name that the config has', async () => {
    using project = testProject(shopFiles)
    const { code, complained } = await init(project.root, 'shop')
    expect(code).toBe(1)
    expect(complained).toContain('has a system "shop" already')
  })
})

describe('A config with a system more', () => {
  it.each([
    ['systems: {}', "systems: {\n  a: './a',\n}"],
    ["systems: { b: './b' }", "systems: {\n  a: './a',\n  b: './b' }"],
    ["  systems: {\n    b: './b',\n  }", "  systems: {\n    a: './a',\n    b: './b',\n  }"],
  ])('is %j with it', (text, longer) => {
    expect(withSystem(text, 'a', './a')).toBe(longer)
  })

  it.each(['', 'const systems = {}', '// systems: {}', 'systems: {}\nsystems: {}'])('is not made of %j', text => {
    expect(withSystem(text, 'a', './a')).toBeUndefined()
  })
})

const exec = promisify(execFile)

describe('What init writes, with Groundplan as npm packs it', { timeout: 120_000 }, () => {
  let place: Packed
  const tool = (name: string, ...args: readonly string[]) => exec(join(place.bin, name), args, { cwd: place.folder })

  beforeAll(async () => {
    place = await packed('guests')
    await tool('groundplan', 'init')
  }, 120_000)
  afterAll(() => place[Symbol.asyncDispose]())

  it('has no mistakes, and compiles', async () => {
    await tool('tsc')
    expect((await tool('groundplan', 'check')).stdout).toBe('guests: no mistakes\n')
  })

  it('passes its own tests', async () => {
    expect((await tool('vitest', 'run')).stdout).toMatch(/Tests .*2 passed/)
  })

  it('runs, keeps what is written into it, and has its sample data', async () => {
    const started = spawn(join(place.bin, 'groundplan'), ['start', '--seed', '--port', '0', '--json'], {
      cwd: place.folder,
    })
    try {
      let said = ''
      started.stdout.on('data', chunk => {
        said += chunk
      })
      await expect.poll(() => said, { timeout: 30_000 }).toContain('"ready"')
      const url = `${/"url":"([^"]+)"/.exec(said)?.[1]}/api/guests/entries`
      const entry = { name: 'Grace', text: 'Good evening' }
      const written = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(entry),
      })
      expect(written.status).toBe(201)
      const list = async () => (await fetch(url)).json()
      await expect
        .poll(list)
        .toMatchObject({ entries: expect.arrayContaining([expect.objectContaining({ ...entry, checked: true })]) })
      expect(await list()).toMatchObject({
        entries: expect.arrayContaining([expect.objectContaining({ name: 'Ada' })]),
      })
    } finally {
      started.kill('SIGTERM')
      if (started.exitCode === null) await once(started, 'exit')
    }
    // Traces are kept of some calls only, so their folder may not be there.
    const kept = readdirSync(join(place.folder, '.groundplan')).filter(name => name !== 'telemetry')
    expect(kept.sort()).toEqual(['build', 'data'])
  })

  it('takes in a second system beside the first', async () => {
    await tool('groundplan', 'init', 'second')
    await tool('tsc')
    expect((await tool('groundplan', 'check')).stdout).toBe('second, guests: no mistakes\n')
  })
})
