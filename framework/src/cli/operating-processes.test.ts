/** The commands of an operator where processes meet, die, and belong to others. */
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runningOperator } from '../http/control/client.ts'
import { run } from './run.ts'
import { operatedProject, type Program, program, type Server, serving, shopPlan } from './test/operated.ts'
import { buildProgram } from './test/process.ts'
import type { TestProject } from './test/project.ts'
import { testTerminal } from './test/terminal.ts'

let project: TestProject
const servers: Server[] = []
const programs: Program[] = []

beforeAll(buildProgram, 120_000)
beforeEach(() => {
  project = operatedProject()
})
afterEach(async () => {
  for (const each of programs.splice(0)) each.child.kill('SIGKILL')
  for (const each of servers.splice(0)) await each.end('SIGKILL')
  project[Symbol.dispose]()
})

async function serve(args: readonly string[] = []): Promise<Server> {
  const server = await serving(project, args)
  servers.push(server)
  return server
}

function begin(line: string, options: Parameters<typeof program>[2] = {}): Program {
  const begun = program(project, line.split(' '), options)
  programs.push(begun)
  return begun
}

/** In this process, against what runs in others: for what needs no process of its own. */
async function ran(line: string) {
  const terminal = testTerminal({ folder: project.root })
  const code = await run(line.split(' '), terminal)
  return { code, out: terminal.said(), error: terminal.complained() }
}

const folder = (system = 'shop') => join(project.root, '.groundplan', 'data', system)
const socket = (system = 'shop') => join(folder(system), 'control.sock')
const lock = () => join(folder(), 'process.lock')

describe('a running process and its operators', { timeout: 120_000 }, () => {
  it('has a socket for each system that nobody else may open, and removes it at the end', async () => {
    const server = await serve()
    for (const system of ['shop', 'second']) {
      expect(statSync(socket(system)).mode & 0o777).toBe(0o600)
      expect(statSync(folder(system)).mode & 0o777).toBe(0o700)
    }
    expect(await server.end()).toBe(0)
    expect(existsSync(socket())).toBe(false)
  })

  it('is not reached by another user', async context => {
    if (process.getuid?.() !== 0) return context.skip('needs the right to run a process as another user')
    await serve()
    // All above the data of the system is open to everybody.
    chmodSync(project.root, 0o755)
    const refused = await asNobody(`
      import { request } from 'node:http'
      request({ socketPath: ${JSON.stringify(socket())}, path: '/v1/about', method: 'POST' }, () => console.log('let in'))
        .on('error', error => console.log(error.code)).end()`)
    expect(refused.trim()).toBe('EACCES')
  })

  it('leaves a socket behind when it is killed: then the folder is opened at rest, and by the next process', async () => {
    const server = await serve()
    expect((await ran('seed shop')).code).toBe(0)
    await server.end('SIGKILL')
    expect(existsSync(socket())).toBe(true)
    expect(await runningOperator(folder())).toBeUndefined()
    expect(await ran('table get shop/orders o1')).toMatchObject({ code: 0, out: expect.stringContaining('"o1"') })
    await serve()
    expect(await ran('table get shop/orders o1')).toMatchObject({ code: 0 })
    expect(await (await runningOperator(folder()))?.about()).toMatchObject({ running: true })
  })

  it('runs a schedule for one operator at a time, and tells the other', async () => {
    const { url } = await serve()
    const gate = `${url}/api/shop/counts/gate`
    expect((await fetch(gate, { method: 'PUT' })).status).toBe(200)
    const first = begin('schedule run shop/nightly')
    const began = async () => (await ran('table get shop/counts began')).code
    await expect.poll(began, { timeout: 30_000 }).toBe(0)
    const second = await ran('schedule run shop/nightly')
    expect(second).toMatchObject({ code: 1, error: expect.stringContaining('is running') })
    expect((await ran('schedule list shop')).out).toMatch(/nightly .* running/)
    await fetch(gate, { method: 'DELETE' })
    expect(await first.ended).toBe(0)
    expect((await ran('table get shop/counts nightly')).out).toContain('"count":1')
    expect((await ran('table get shop/counts began')).out).toContain('"count":1')
  })

  it('that dies while it is asked says so, and what it had begun is done by the next, at once', async () => {
    const server = await serve()
    await fetch(`${server.url}/api/shop/counts/gate`, { method: 'PUT' })
    const asking = begin('schedule run shop/nightly')
    const began = async () => (await ran('table get shop/counts began')).code
    await expect.poll(began, { timeout: 30_000 }).toBe(0)
    await server.end('SIGKILL')
    expect(await asking.ended).toBe(1)
    expect(asking.error()).toContain(`process ${server.child.pid} ended or let go while it was asked`)
    const next = await serve()
    await fetch(`${next.url}/api/shop/counts/gate`, { method: 'DELETE' })
    const done = async () => (await ran('table get shop/counts nightly')).out
    await expect.poll(done, { timeout: 20_000 }).toContain('"count":1')
    expect((await ran('table get shop/counts began')).out).toContain('"count":2')
  })

  it('is not disturbed by an operator that dies', async () => {
    const server = await serve()
    await fetch(`${server.url}/api/shop/counts/gate`, { method: 'PUT' })
    const asking = begin('schedule run shop/nightly')
    await expect.poll(async () => (await ran('table get shop/counts began')).code, { timeout: 30_000 }).toBe(0)
    asking.child.kill('SIGKILL')
    await asking.ended
    await fetch(`${server.url}/api/shop/counts/gate`, { method: 'DELETE' })
    const done = async () => (await ran('table get shop/counts nightly')).code
    await expect.poll(done, { timeout: 30_000 }).toBe(0)
    expect(await server.end()).toBe(0)
  })
})

describe('a process that takes in what is saved', { timeout: 60_000 }, () => {
  it('answers operators with the version that runs now, over the same socket', async () => {
    const dev = begin('dev shop --port 0')
    await dev.says('ready at')
    const schedules = async () => (await ran('schedule list shop')).out
    expect(await schedules()).not.toContain('hourly')
    const more = "const hourly = schedule({ every: '1 hour' }, { handle: () => {} })\nconst back ="
    project.write(
      'shop/plan.ts',
      shopPlan.replace('const back =', more).replace('broken, byNote', 'broken, hourly, byNote'),
    )
    await expect.poll(schedules, { timeout: 30_000 }).toContain('shop/back/hourly')
    expect(await ran('schedule run shop/hourly')).toMatchObject({ code: 0, error: '' })
    dev.child.kill('SIGTERM')
    expect(await dev.ended).toBe(0)
    expect(existsSync(socket())).toBe(false)
  })
})

describe('a folder at rest', { timeout: 120_000 }, () => {
  it('serves commands that come at the same time one after the other', async () => {
    const all = [1, 2, 3].map(n => begin(`setting set shop/page-size ${n}`))
    expect(await Promise.all(all.map(({ ended }) => ended))).toEqual([0, 0, 0])
    expect(all.map(({ error }) => error())).toEqual(['', '', ''])
    const [found] = (await ran('setting list shop --json')).out.split('\n')
    expect(JSON.parse(found ?? '')).toMatchObject({ version: 3 })
  })

  it('keeps what a command wrote that was killed right after it said so', async () => {
    const set = begin('setting set shop/page-size 41')
    await set.says('is set (version 1)')
    set.child.kill('SIGKILL')
    await set.ended
    expect((await ran('setting list shop --json')).out).toContain('"value":"41"')
  })

  it('is opened again after a command was killed in the middle of a schedule', async () => {
    const server = await serve()
    await fetch(`${server.url}/api/shop/counts/gate`, { method: 'PUT' })
    await server.end()
    const running = begin('schedule run shop/nightly')
    // Who looked by a command would have the folder itself, again and again, and keep it waiting.
    const holder = () => existsSync(lock()) && JSON.parse(readFileSync(lock(), 'utf8')).pid
    await expect.poll(holder, { timeout: 60_000 }).toBe(running.child.pid)
    // It has the folder for as long as the schedule runs: others are told by whom.
    const refused = await ran('queue list shop')
    expect(refused.code).toBe(1)
    expect(refused.error).toContain(`Process ${running.child.pid} has the data of "shop" and does not answer`)
    running.child.kill('SIGKILL')
    await running.ended
    expect((await ran('schedule list shop')).out).toMatch(/nightly .* running/)
  })
})

describe('what an operator exports', { timeout: 300_000 }, () => {
  it('streams 6,000 items in a heap that could not hold them, at rest and running', async () => {
    project.write('shop/seed.ts', seedOf(6_000, 10_000))
    expect(await ran('seed shop')).toMatchObject({ code: 0, error: '' })
    await exported(6_000)
    const server = await serve()
    await exported(6_000)
    await server.end()
  })

  /** All items are some 60 MB; a heap that held them would not do. */
  async function exported(items: number): Promise<void> {
    const exporting = begin('table export shop/orders', { node: ['--max-old-space-size=48'] })
    let lines = 0
    let last = ''
    exporting.child.stdout?.on('data', (text: string) => {
      lines += text.split('\n').length - 1
      last = text
    })
    expect(await exporting.ended, exporting.error()).toBe(0)
    expect(lines).toBe(items)
    expect(last.endsWith('}\n')).toBe(true)
  }

  it('ends with an error when the process dies in the middle, and not as if that were all', async () => {
    project.write('shop/seed.ts', seedOf(5_000, 2_000))
    const server = await serve()
    expect((await ran('seed shop')).code).toBe(0)
    const exporting = begin('table export shop/orders')
    exporting.child.stdout?.pause()
    await expect.poll(() => exporting.child.stdout?.readableLength ?? 0, { timeout: 30_000 }).toBeGreaterThan(0)
    await server.end('SIGKILL')
    exporting.child.stdout?.resume()
    expect(await exporting.ended).toBe(1)
    expect(exporting.error()).toContain('ended or let go while it was asked')
  })
})

/** So many items, with notes of so many bytes. */
const seedOf = (items: number, bytes: number) => `import { atomically, seed } from 'groundplan'
import { orders } from './plan.ts'
const note = 'x'.repeat(${bytes})
export default seed({
  uses: { orders: orders.writer },
  async handle(_call, { orders }) {
    for (let from = 0; from < ${items}; from += 1_000) {
      await Promise.all(Array.from({ length: 10 }, (_, part) => {
        const items = Array.from({ length: 100 }, (_, n) => from + part * 100 + n)
        return atomically(Object.fromEntries(items.map(n => [
          'n' + n, orders.put({ orderId: 'o' + String(n).padStart(6, '0'), customer: 'c' + (n % 10), placed: n, note }),
        ])))
      }))
    }
    return []
  },
})
`

/** Runs a script as a user who has no rights here; gives what it said. */
async function asNobody(script: string): Promise<string> {
  const { execFile } = await import('node:child_process')
  return new Promise((resolve, reject) => {
    const args = ['--input-type=module', '--eval', script]
    execFile(process.execPath, args, { uid: 65_534, gid: 65_534, cwd: '/' }, (error, out, complained) => {
      if (error) reject(new Error(complained, { cause: error }))
      else resolve(out)
    })
  })
}
