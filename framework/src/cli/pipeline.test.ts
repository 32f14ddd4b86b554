import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { run } from './run.ts'
import { shopFiles, testProject } from './test/project.ts'
import { testTerminal } from './test/terminal.ts'

/** A target of a few lines that says what it was told. */
const config = (pipeline: string) => `import { config } from 'groundplan/config'
const sky = traffic => ({
  kind: 'target',
  name: 'sky',
  files: async () => ({ 'traffic.json': JSON.stringify(traffic) }),
  compare: async () => ({ changes: [], widens: [], loses: [] }),
  shifting: sky,
  pipeline: async flow => ({ 'flow.json': JSON.stringify({ ...flow, plan: flow.plan.name }) }),
  hosted: async (flows, host) => Object.fromEntries(flows.map(({ plan, stages }) => ['.ci/' + plan.name + '.yml', {
    host,
    stages: stages.map(({ kind, environment, asks }) => environment ?? asks),
  }])),
})
export default config({
  systems: { shop: './shop/plan.ts' },
  environments: { test: { target: sky({}) }, production: { target: sky({}) }, here: {} },
  ${pipeline}
})
`
const described = `pipeline: {
  source: { repository: 'example/shop', branch: 'main' },
  stages: [
    { deploy: 'test' },
    { approval: 'ops@example.org', within: '1 day' },
    { deploy: 'production', traffic: { shop: [{ percent: 10, for: '5 minutes' }] } },
  ],
},`

async function command(text: string, ...args: readonly string[]) {
  const project = testProject({ ...shopFiles, 'groundplan.config.ts': config(text) })
  const terminal = testTerminal({ folder: project.root })
  const again = async (...next: readonly string[]) => {
    const other = testTerminal({ folder: project.root })
    return { code: await run(next, other), said: other.said(), complained: other.complained() }
  }
  const first = { code: await run(args, terminal), said: terminal.said(), complained: terminal.complained() }
  return { ...first, root: project.root, again, [Symbol.dispose]: () => project[Symbol.dispose]() }
}

test('synth writes the pipeline beside the plan, told of its stages; and each environment knows its traffic', async () => {
  using shop = await command(described, 'synth')
  expect(shop.code).toBe(0)
  const read = (path: string) => JSON.parse(readFileSync(join(shop.root, 'shop/sky', path), 'utf8'))
  expect(read('pipeline/flow.json')).toMatchObject({
    plan: 'shop',
    folder: 'shop',
    rootFiles: ['groundplan.config.ts'],
    stages: [
      { kind: 'deploy', environment: 'test' },
      { kind: 'approval', asks: 'ops@example.org', withinMs: 86_400_000 },
      { kind: 'deploy', environment: 'production' },
    ],
  })
  expect(read('test/traffic.json')).toEqual({})
  expect(read('production/traffic.json')).toEqual({ shop: [{ percent: 10, for: '5 minutes' }] })
})

test('synth for one environment leaves the pipeline as it is', async () => {
  using shop = await command(described, 'synth', '--env', 'test')
  expect(existsSync(join(shop.root, 'shop/sky/pipeline'))).toBe(false)
})

test('pipeline --ci writes what another host reads; --check fails once it was edited', async () => {
  using shop = await command(described, 'pipeline', '--ci', 'github')
  expect(shop).toMatchObject({ code: 0, said: `new      ${join('.ci', 'shop.yml')}\n` })
  const file = join(shop.root, '.ci/shop.yml')
  const text = readFileSync(file, 'utf8')
  expect(text).toMatch(/^# Written by `groundplan pipeline --ci github`/)
  expect(parse(text)).toEqual({ host: 'github', stages: ['test', 'ops@example.org', 'production'] })
  expect(await shop.again('pipeline', '--ci', 'github', '--check')).toMatchObject({ code: 0 })
  writeFileSync(file, `${text}edited: true\n`)
  const edited = await shop.again('pipeline', '--ci', 'github', '--check', '--json')
  expect(JSON.parse(edited.said)).toEqual({ file: join('.ci', 'shop.yml'), state: 'changed' })
  expect(edited).toMatchObject({ code: 1, complained: expect.stringContaining('groundplan pipeline --ci github') })
})

test.each([
  ['no pipeline', '', ['--ci', 'github'], 'has no pipeline'],
  ['no host', described, [], 'github, or --ci circleci'],
  ['a host that nobody knows', described, ['--ci', 'jenkins'], 'jenkins'],
  ['a stage without a target', described.replace("'test'", "'here'"), ['--ci', 'github'], 'which has no target'],
])('pipeline says what to do about %s', async (_, text, args, words) => {
  using shop = await command(text, 'pipeline', ...args)
  expect(shop.code).not.toBe(0)
  expect(shop.complained).toContain(words)
})
