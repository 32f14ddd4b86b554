import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildProgram, type Running, serving } from './test/process.ts'
import { repository, testProject } from './test/project.ts'

const plan = readFileSync(join(repository, 'systems/counter/plan.ts'), 'utf8')
const config = `import { config } from 'groundplan/config'
export default config({ systems: { counter: './counter/plan.ts' } })
`

let running: Running | undefined

beforeAll(buildProgram, 120_000)

afterEach(async () => {
  running?.process.kill('SIGKILL')
  await running?.ended
})

const saves = 15

describe('groundplan dev, in a process of its own', { timeout: 120_000 }, () => {
  it('answers anew soon after each save, with the stock that was left, and stays of a size', async () => {
    using project = testProject({ 'groundplan.config.ts': config, 'counter/plan.ts': plan })
    running = await serving(['dev'], { cwd: project.root })
    const { url, process } = running
    const show = async (): Promise<string> => (await fetch(`${url}/api/counter/counter`)).text()
    await fetch(`${url}/api/counter/decrement`, { method: 'POST' })
    const took: number[] = []
    const before = megabytes(process.pid)
    for (let save = 1; save <= saves; save++) {
      const product = `camera ${save}`
      const began = performance.now()
      project.write(
        'counter/plan.ts',
        plan
          .replace('?? Counter.parse(camera),', `?? camera).then(show => ({ ...show, product: '${product}' })),`)
          .replace('(await stock.get(camera))', 'Promise.resolve((await stock.get(camera))'),
      )
      await expect.poll(show, { timeout: 20_000, interval: 2 }).toBe(`{"product":"${product}","left":999}`)
      took.push(performance.now() - began)
    }
    const [median] = took.toSorted((left, right) => left - right).slice(saves >> 1)
    const grown = (megabytes(process.pid) - before) / saves
    console.log(
      `save → new answer: median ${median?.toFixed(0)} ms, slowest ${Math.max(...took).toFixed(0)} ms; ${grown.toFixed(1)} MB a save`,
    )
    expect(median).toBeLessThan(5_000)
    expect(grown).toBeLessThan(10)
    process.kill('SIGTERM')
    expect(await running.ended).toEqual([0, null])
  })
})

function megabytes(pid: number | undefined): number {
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(resident) / 1_024
}
