/** The process of the pages beside that of the systems: how both begin, die, come back and end. */
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, leftBy, type Running, start } from './running.ts'

/** Machines that test are busy ones. */
const patient = { timeout: 20_000 }

const page = (url: string) => fetch(`${url}/counter`, { headers: { accept: 'text/html' } })

/** Its front must be there: the process id 0 would stand for whoever tests. */
async function frontOf(running: Running): Promise<number> {
  const id = await running.frontId()
  if (id === undefined) throw new Error(`there is no front: ${running.text()}`)
  return id
}

/** How a page is answered that waits for its front, which may take longer to start than a request waits: then it is asked for again. */
async function pageInTime(url: string): Promise<number> {
  for (;;) {
    const began = performance.now()
    const { status } = await page(url)
    if (status !== 503 || performance.now() - began < patienceMs) return status
  }
}

/** So long a request waits for a front that starts. */
const patienceMs = 4_900

describe('the process of the pages', { timeout: 90_000 }, () => {
  /** For who leaves it as it was; the last of them ends it. Whoever starts first builds the pages. */
  let shared: Running
  const open: AsyncDisposable[] = []

  beforeAll(buildCommand, 240_000)
  beforeAll(async () => {
    shared = await start({ systems: ['counter'] })
  }, 240_000)
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]()
  })
  afterAll(() => shared?.[Symbol.asyncDispose]())

  async function started(options: Parameters<typeof start>[0]): Promise<Running> {
    const running = await start(options)
    open.push(running)
    return running
  }

  const lives = (id: number): boolean => {
    try {
      return process.kill(id, 0)
    } catch {
      return false
    }
  }

  it('tells nobody that it runs: its tools are told not to', async () => {
    await page(shared.url)
    const environment = readFileSync(`/proc/${await frontOf(shared)}/environ`, 'utf8').split('\0')
    expect(environment).toContain('NEXT_TELEMETRY_DISABLED=1')
    expect(
      environment.filter(line => /^(?:PATH|HOME|TMPDIR|TEMP|TMP|LANG|LC_|TZ|CI|NO_COLOR|NODE_|NEXT_)/.test(line)),
    ).toEqual(environment.filter(line => line !== ''))
  })

  it('is started again when it dies, and a page that is asked for meanwhile waits; the systems go on', async () => {
    await page(shared.url)
    const first = await frontOf(shared)
    process.kill(first, 'SIGKILL')
    expect(await leftBy(shared.url)).toBe(1000)
    expect(await pageInTime(shared.url)).toBe(200)
    expect(await frontOf(shared)).not.toBe(first)
    await expect.poll(shared.text, patient).toMatch(/the web front ended \(SIGKILL\); it starts again in \d+ ms/)
    for (let death = 0; death < 3; death++) {
      process.kill(await frontOf(shared), 'SIGKILL')
      await expect.poll(async () => (await page(shared.url)).status, patient).toBe(200)
    }
  })

  it('serves pages and systems at one address, and ends with both at Ctrl-C', async () => {
    const answer = await page(shared.url)
    expect([answer.status, (await answer.text()).includes('Cameras in stock')]).toEqual([200, true])
    expect(await leftBy(shared.url)).toBe(1000)
    const front = await frontOf(shared)
    expect(lives(front)).toBe(true)
    expect(await shared.end('SIGINT')).toBe(0)
    expect(lives(front)).toBe(false)
  })

  it('ends when the other is killed', async () => {
    const running = await started({ systems: ['counter'] })
    await page(running.url)
    const front = await frontOf(running)
    await running.end('SIGKILL')
    await expect.poll(() => lives(front), patient).toBe(false)
  })

  it('is not there with --no-web: a plain page stands in its place', async () => {
    const running = await started({ systems: ['counter', '--no-web'] })
    expect(await running.frontId()).toBeUndefined()
    expect(await (await fetch(running.url)).text()).toContain('Groundplan')
    expect((await page(running.url)).status).toBe(404)
  })
})
