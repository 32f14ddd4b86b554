import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { run } from './run.ts'
import { shopConfig, type TestProject, testProject } from './test/project.ts'
import { type TestTerminal, testTerminal } from './test/terminal.ts'

const files: Readonly<Record<string, string>> = {
  'groundplan.config.ts': shopConfig,
  'shared/words.ts': `export const greeting = 'hello'\n`,
  'shop/model.ts': `import { table } from 'groundplan'
import { z } from 'zod'
export const Stock = z.object({ product: z.string(), left: z.int() })
export const stock = table('stock', { item: Stock, key: ['product'] })
`,
  'shop/plan.ts': `import { anyone, endpoint, gateway, plan, service } from 'groundplan'
import { z } from 'zod'
import { greeting } from '../shared/words.ts'
import { Stock, stock } from './model.ts'
const camera = { product: 'camera' }
const sell = endpoint('POST /sell', {
  summary: 'One was sold',
  caller: anyone,
  returns: Stock,
  uses: { stock: stock.writer },
  handle: (_call, { stock }) => stock.add(camera, { left: -1 }),
})
const show = endpoint('GET /', {
  summary: 'What there is',
  caller: anyone,
  returns: z.object({ says: z.string(), left: z.int() }),
  uses: { stock: stock.reader },
  handle: async (_call, { stock }) => ({ says: greeting, left: (await stock.get(camera))?.left ?? 0 }),
})
export default plan('shop', { gateways: { api: gateway(service('server', { sell, show })) } })
`,
}

interface Developing {
  readonly project: TestProject
  readonly terminal: TestTerminal
  readonly ended: Promise<number>
  readonly url: string
  /** What was told, by event. */
  told(event: string): readonly Record<string, unknown>[]
  show(): Promise<unknown>
}

const open: Omit<Developing, 'url' | 'told' | 'show'>[] = []

afterEach(async () => {
  for (const { project, terminal, ended } of open.splice(0)) {
    terminal.signal('SIGTERM')
    await ended
    project[Symbol.dispose]()
  }
})

async function developing(more: Readonly<Record<string, string>> = {}): Promise<Developing> {
  const project = testProject({ ...files, ...more })
  const terminal = testTerminal({ folder: project.root })
  const ended = run(['dev', '--port', '0', '--json'], terminal)
  open.push({ project, terminal, ended })
  const told = (event: string): readonly Record<string, unknown>[] =>
    terminal
      .said()
      .split('\n')
      .filter(Boolean)
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter(line => line.event === event)
  const early = ended.then(code => Promise.reject(new Error(`ended ${code}: ${terminal.complained()}`)))
  await Promise.race([early, expect.poll(() => told('ready'), { timeout: 30_000 }).toHaveLength(1)])
  const url = `${told('ready')[0]?.url}/api/shop`
  const show = async (): Promise<unknown> => (await fetch(url)).json()
  return { project, terminal, ended, url, told, show }
}

const eventually = { timeout: 20_000, interval: 10 }

const plan = files['shop/plan.ts'] ?? ''

describe('groundplan dev', { timeout: 60_000 }, () => {
  it('takes in a saved file, and keeps what was kept', async () => {
    const { project, url, show } = await developing()
    await fetch(`${url}/sell`, { method: 'POST' })
    expect(await show()).toEqual({ says: 'hello', left: -1 })
    project.write('shop/plan.ts', plan.replace('says: greeting', "says: greeting + ' again'"))
    await expect.poll(show, eventually).toEqual({ says: 'hello again', left: -1 })
  })

  it('takes in a file of another folder, and one that an editor puts in its place', async () => {
    const { project, show } = await developing()
    project.write('shared/words.ts', "export const greeting = 'written'\n")
    await expect.poll(show, eventually).toMatchObject({ says: 'written' })
    for (const word of ['renamed', 'renamed again']) {
      project.write('shared/words.ts~', `export const greeting = '${word}'\n`)
      renameSync(join(project.root, 'shared/words.ts~'), join(project.root, 'shared/words.ts'))
      await expect.poll(show, eventually).toMatchObject({ says: word })
    }
  })

  it('lets requests wait while it takes a file in: none fails', async () => {
    const { project, url, show, told } = await developing()
    const statuses = new Map<number | string, number>()
    let asking = true
    const ask = async (): Promise<void> => {
      while (asking) {
        const status = await fetch(`${url}/sell`, { method: 'POST' }).then(
          answer => answer.text().then(() => answer.status),
          String,
        )
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
    const clients = [ask(), ask(), ask()]
    for (const word of ['one', 'two', 'three']) {
      project.write('shared/words.ts', `export const greeting = '${word}'\n`)
      await expect.poll(show, eventually).toMatchObject({ says: word })
    }
    asking = false
    await Promise.all(clients)
    expect([...statuses.keys()]).toEqual([200])
    expect(await show()).toEqual({ says: 'three', left: -(statuses.get(200) ?? 0) })
    expect(told('taken-in').length).toBeGreaterThanOrEqual(3)
  })

  it('shows what is wrong with a file, with its place and line, and goes on with the last good version', async () => {
    const { project, show, told } = await developing()
    project.write('shop/plan.ts', plan.replace("'GET /',", "'GET /' oops,"))
    await expect.poll(() => told('broken'), eventually).toHaveLength(1)
    expect(told('broken')[0]?.message).toMatch(/^shop\/plan\.ts:\d+:\d+ {2}Expected .*\n.*'GET \/' oops,.*\n +\^$/)
    expect(await show()).toMatchObject({ says: 'hello' })
    project.write('shop/plan.ts', plan.replace('says: greeting', "says: 'mended'"))
    await expect.poll(show, eventually).toMatchObject({ says: 'mended' })
  })

  it('shows what a file throws while it is read, and recovers when it is as it was', async () => {
    const { project, show, told } = await developing()
    project.write('shared/words.ts', "export const greeting = JSON.parse('no')\n")
    await expect.poll(() => told('broken'), eventually).toHaveLength(1)
    expect(told('broken')[0]?.message).toMatch(
      /^shared\/words\.ts:1 {2}SyntaxError: .*\n {4}export const greeting = JSON\.parse\('no'\)$/,
    )
    expect(await show()).toMatchObject({ says: 'hello' })
    project.write('shared/words.ts', files['shared/words.ts'] ?? '')
    await expect.poll(() => told('taken-in'), eventually).toHaveLength(1)
    expect(await show()).toMatchObject({ says: 'hello' })
  })

  it('shows all mistakes of a plan', async () => {
    const { project, show, told } = await developing()
    project.write(
      'shop/plan.ts',
      plan.replace("'GET /'", "'POST /sell'").replace("service('server'", "service('Server!'"),
    )
    await expect.poll(() => told('broken'), eventually).toHaveLength(1)
    expect(told('mistake')).toHaveLength(2)
    for (const { places } of told('mistake'))
      expect(places).toContainEqual({ file: 'shop/plan.ts', line: expect.any(Number) })
    expect(await show()).toMatchObject({ says: 'hello' })
  })

  it('takes in new tables and queues, and refuses a table that holds something and is declared otherwise', async () => {
    const { project, url, show, told } = await developing()
    await fetch(`${url}/sell`, { method: 'POST' })
    const model = files['shop/model.ts'] ?? ''
    project.write('shop/model.ts', `${model}export const notes = table('notes', { item: Stock, key: ['product'] })\n`)
    project.write(
      'shop/plan.ts',
      plan
        .replace('{ Stock, stock }', '{ Stock, stock, notes }')
        .replace('uses: { stock: stock.reader }', 'uses: { stock: stock.reader, notes: notes.writer }')
        .replace(
          'async (_call, { stock }) => (',
          "async (_call, { stock, notes }) => (await notes.put({ product: 'x', left: 5 }), ",
        )
        .replace('says: greeting', "says: 'noted'"),
    )
    await expect.poll(show, eventually).toEqual({ says: 'noted', left: -1 })
    const before = told('broken').length
    project.write('shop/model.ts', model.replace("key: ['product']", "key: ['product', 'left']"))
    project.write(
      'shop/plan.ts',
      plan
        .replace('stock.add(camera, { left: -1 })', 'stock.put({ ...camera, left: 1 })')
        .replace(/\(await stock.get\(camera\)\)\?\.left \?\? 0/, '0'),
    )
    await expect.poll(() => told('broken').length, eventually).toBeGreaterThan(before)
    expect(String(told('broken').at(-1)?.message)).toContain('stock')
    expect(await show()).toEqual({ says: 'noted', left: -1 })
    project.write('shop/model.ts', model)
    project.write('shop/plan.ts', plan.replace('says: greeting', "says: 'back'"))
    await expect.poll(show, eventually).toEqual({ says: 'back', left: -1 })
  })

  it('waits for an imported file that is not there yet, in a folder that is not there either', async () => {
    const { project, show, told } = await developing()
    project.write('shop/plan.ts', plan.replace('../shared/words.ts', './later/words.ts'))
    await expect.poll(() => told('broken'), eventually).toHaveLength(1)
    expect(told('broken')[0]?.message).toContain('./later/words.ts')
    mkdirSync(join(project.root, 'shop/later'))
    writeFileSync(join(project.root, 'shop/later/words.ts'), "export const greeting = 'at last'\n")
    await expect.poll(show, eventually).toMatchObject({ says: 'at last' })
    rmSync(join(project.root, 'shop/later'), { recursive: true })
    await expect.poll(() => told('broken'), eventually).toHaveLength(2)
    mkdirSync(join(project.root, 'shop/later'))
    writeFileSync(join(project.root, 'shop/later/words.ts'), "export const greeting = 'once more'\n")
    await expect.poll(show, eventually).toMatchObject({ says: 'once more' })
  })

  it('does nothing for a file that was only touched, or that it does not know', async () => {
    const { project, told, show } = await developing()
    const later = new Date(Date.now() + 5_000)
    utimesSync(join(project.root, 'shop/plan.ts'), later, later)
    project.write('shop/unknown.ts', 'oops oops\n')
    project.write('shop/notes.md', 'words\n')
    project.write('shared/words.ts', "export const greeting = 'afterwards'\n")
    await expect.poll(show, eventually).toMatchObject({ says: 'afterwards' })
    // Twice the time between two looks: a loop would have gone round.
    await pause(2_200)
    expect(told('taken-in')).toHaveLength(1)
    expect(told('broken')).toEqual([])
  })

  it('takes in a changed setting of .env', async () => {
    const { project, show } = await developing({
      '.env': 'SHOP_WORD=first\n',
      'shop/model.ts': `import { setting } from 'groundplan'\n${files['shop/model.ts']}export const word = setting('word', z.string())\n`,
      'shop/plan.ts': plan
        .replace('{ Stock, stock }', '{ Stock, stock, word }')
        .replace('uses: { stock: stock.reader }', 'uses: { stock: stock.reader, word: word.reader }')
        .replace('async (_call, { stock })', 'async (_call, { stock, word })')
        .replace('says: greeting', 'says: await word.get()'),
    })
    expect(await show()).toMatchObject({ says: 'first' })
    project.write('.env', 'SHOP_WORD=second\n')
    await expect.poll(show, eventually).toMatchObject({ says: 'second' })
  })
})
