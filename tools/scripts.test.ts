/** The scripts, run for real in small repositories. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { needsInstall } from '../scripts/lib/install.mjs'
import { tooOld } from '../scripts/lib/node.mjs'
import { countResults, summary } from '../scripts/lib/results.mjs'
import { borrowPackages, repository, run, start, write } from './fixture.ts'

const node = process.execPath

/** A framework with nothing but a command line that shows what reaches it. */
const framework = {
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023'],
      module: 'nodenext',
      strict: true,
      types: ['node'],
      skipLibCheck: true,
      noEmit: true,
    },
    include: ['framework/src', 'test'],
  }),
  'framework/package.json': JSON.stringify({
    name: 'groundplan',
    type: 'module',
    bin: { groundplan: './dist/cli/main.js' },
  }),
  'framework/tsconfig.build.json': JSON.stringify({
    extends: '../tsconfig.json',
    compilerOptions: { noEmit: false, rootDir: 'src', outDir: 'dist' },
    include: ['src'],
    exclude: ['src/**/*.test.ts'],
  }),
  'framework/src/cli/main.ts': `
    if (process.argv.includes('--wait')) {
      process.on('SIGTERM', () => { console.log('stopping'); process.exit(3) })
      setInterval(() => undefined, 60_000)
    }
    console.log(JSON.stringify(process.argv.slice(2)))`,
  'framework/src/cli/main.test.ts': 'export const forTests = true',
}

function builtRepository(files: Record<string, string> = {}): string {
  const folder = repository({ ...framework, ...files })
  borrowPackages(folder)
  return folder
}

describe('Node', () => {
  test('that is new enough is let through', () => {
    for (const version of ['20.19.0', '20.20.2', '22.0.0', '24.1.0']) expect(tooOld(version, '>=20.19')).toBeUndefined()
  })
  test('that is too old is refused with what to do', () => {
    for (const version of ['18.20.1', '20.18.3']) {
      expect(tooOld(version, '>=20.19')).toMatch(/needs Node 20\.19 or newer; this is Node [\d.]+\.\n.*nvm install/)
    }
  })
  test('is checked before anything else', async () => {
    const folder = repository({ 'package.json': JSON.stringify({ type: 'module', engines: { node: '>=99.0' } }) })
    for (const script of ['start', 'stop', 'test', 'build', 'check']) {
      const ended = await run(folder, node, `scripts/${script}.mjs`)
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('needs Node 99.0') })
    }
  })
})

describe('packages', () => {
  const lock = (packages: object) => JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } })
  const zod = { 'node_modules/zod': { version: '4.0.0' } }

  /** Whether an install is due, with a lock file newer than what is installed. */
  function due(wanted: object, installed?: object): boolean {
    const folder = repository({ 'package-lock.json': lock(wanted) })
    if (installed) {
      write(folder, { 'node_modules/.package-lock.json': lock(installed) })
      utimesSync(join(folder, 'node_modules/.package-lock.json'), 1, 1)
    }
    return needsInstall(folder)
  }

  test('are installed when there are none', () => {
    expect(due(zod)).toBe(true)
  })
  test('are installed when the lock file asks for another version, one more or one less', () => {
    expect(due(zod, { 'node_modules/zod': { version: '3.0.0' } })).toBe(true)
    expect(due(zod, {})).toBe(true)
    expect(due({}, zod)).toBe(true)
  })
  test('stay when the lock file is newer but asks for the same', () => {
    expect(due(zod, zod)).toBe(false)
    expect(due({ ...zod, 'node_modules/for-mac': { version: '1.0.0', optional: true } }, zod)).toBe(false)
  })

  test('are installed by npm, visibly, and once', { timeout: 60_000 }, async () => {
    const own = { name: 'shop', type: 'module', engines: { node: '>=20.19' }, dependencies: { local: 'file:./local' } }
    const folder = repository({
      'package.json': JSON.stringify(own),
      'local/package.json': JSON.stringify({ name: 'local', version: '1.0.0' }),
      'package-lock.json': JSON.stringify({
        name: 'shop',
        lockfileVersion: 3,
        requires: true,
        packages: {
          '': own,
          local: { version: '1.0.0' },
          'node_modules/local': { resolved: 'local', link: true },
        },
      }),
    })
    const first = await run(folder, node, 'scripts/build.mjs')
    expect(first).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/\[1\/1\] Installing 1 packages: done in \d/),
    })
    const second = await run(folder, node, 'scripts/build.mjs')
    expect(second).toMatchObject({ code: 0, stderr: 'Everything is built already.\n' })
  })
})

describe('build', { timeout: 60_000 }, () => {
  const build = (folder: string) => run(folder, node, 'scripts/build.mjs')
  const building = expect.stringContaining('[1/1] Building framework')
  const nothing = 'Everything is built already.\n'

  test('does nothing in a tree without sources', async () => {
    expect(await build(repository({}))).toMatchObject({ code: 0, stderr: nothing })
  })

  test('happens when content changed, not when a file was only touched', async () => {
    const folder = builtRepository()
    const main = join(folder, 'framework/src/cli/main.ts')
    expect(await build(folder)).toMatchObject({ code: 0, stderr: building })
    expect(existsSync(join(folder, 'framework/dist/cli/main.test.js'))).toBe(false)
    utimesSync(main, new Date(), new Date())
    expect(await build(folder)).toMatchObject({ code: 0, stderr: nothing })
    write(folder, { 'framework/src/cli/main.ts': `${readFileSync(main, 'utf8')}\nconsole.log('more')` })
    expect(await build(folder)).toMatchObject({ code: 0, stderr: building })
    rmSync(join(folder, 'framework/dist/cli/main.js'))
    expect(await build(folder)).toMatchObject({ code: 0, stderr: building })
  })

  test('leaves nothing of a source that is gone', async () => {
    const folder = builtRepository({ 'framework/src/old.ts': 'export const old = 1' })
    const old = () => existsSync(join(folder, 'framework/dist/old.js'))
    await build(folder)
    expect(old()).toBe(true)
    rmSync(join(folder, 'framework/src/old.ts'))
    await build(folder)
    expect(old()).toBe(false)
  })

  test('that fails says why, and is tried again', async () => {
    const folder = builtRepository({ 'framework/src/wrong.ts': "export const wrong: number = 'text'" })
    for (const _time of ['first', 'second']) {
      const ended = await build(folder)
      expect(ended.code).not.toBe(0)
      expect(ended.stderr).toMatch(/wrong\.ts.*error TS2322[\s\S]*Building framework failed\./)
    }
  })
})

describe('start', { timeout: 60_000 }, () => {
  test('says so when the build made no command line', async () => {
    const ended = await run(repository({}), node, 'scripts/start.mjs')
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no framework/dist/cli/main.js') })
  })

  test('builds, then hands on arguments', async () => {
    const ended = await run(builtRepository(), node, 'scripts/start.mjs', '--port', '4000')
    expect(ended).toMatchObject({ code: 0, stdout: '["start","--port","4000","--seed"]\n' })
  })

  test('hands on a signal, and the exit code', async () => {
    const running = start(builtRepository(), node, 'scripts/start.mjs', '--wait')
    await running.printed('--wait')
    running.child.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: 3, stdout: expect.stringContaining('stopping') })
  })

  test('is ended by stop, which ends nothing else', async () => {
    const folder = builtRepository()
    const running = start(folder, node, 'scripts/start.mjs', '--wait')
    await running.printed('--wait')
    write(folder, { [`.groundplan/running/${process.pid}`]: '' }) // a note left behind, its id in use by another program
    expect(await run(folder, node, 'scripts/stop.mjs')).toMatchObject({ code: 0, stderr: 'Stopped.\n' })
    expect(await running.ended).toMatchObject({ code: 3 })
    expect(await run(folder, node, 'scripts/stop.mjs')).toMatchObject({ code: 0, stderr: 'Nothing is running here.\n' })
  })
})

const hasMake = spawnSync('make', ['--version']).status === 0

describe.skipIf(!hasMake)('make', { timeout: 60_000 }, () => {
  test('C7: builds, runs (the default target) and stops', async () => {
    const folder = builtRepository()
    expect(await run(folder, 'make', 'build')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Building framework'),
    })
    for (const target of [[], ['run'], ['dev']]) {
      const running = start(folder, 'make', ...target, 'ARGS=--wait')
      await running.printed('--wait')
      expect(await run(folder, 'make', 'stop')).toMatchObject({ code: 0, stderr: 'Stopped.\n' })
      expect(await running.ended).toMatchObject({ stdout: expect.stringContaining('stopping') })
    }
  })
})

describe('the summary', () => {
  const file = (status: string, ...statuses: string[]) => ({
    name: 'a.test.ts',
    status,
    assertionResults: statuses.map(status => ({ status, title: 'a', fullName: 'a' })),
  })

  test('counts what passed, failed and was skipped', () => {
    const counts = countResults({
      testResults: [file('passed', 'passed', 'skipped', 'todo'), file('failed', 'failed', 'passed')],
    })
    expect(summary(counts)).toBe('2 passed, 1 failed, 2 skipped')
    expect(summary({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed')
  })

  test('counts a file that could not be read as a failed test', () => {
    expect(summary(countResults({ testResults: [file('failed'), file('failed', 'passed')] }))).toBe(
      '1 passed, 2 failed',
    )
  })
})

describe('test', { timeout: 60_000 }, () => {
  const files = {
    'biome.json': '{ "formatter": { "enabled": false }, "files": { "includes": ["test/**"] } }',
    'test/stock.test.ts':
      "import { test } from 'vitest'\n\ntest('C1: begins at 1000', () => {})\ntest.skip('sells', () => {})\n",
    'vitest.config.ts': "export default { test: { include: ['test/**'] } }",
  }
  const claims = (folder: string) => readFileSync(join(folder, 'docs/generated/claims.md'), 'utf8')

  test('runs everything in a pipeline, engines starting beside the checks, ends with the summary and writes the claims', async () => {
    const folder = builtRepository({
      ...files,
      'package.json': JSON.stringify({
        type: 'module',
        engines: { node: '>=20.19' },
        scripts: { test: 'node scripts/test.mjs' },
      }),
      '.ci/prepare': 'until [ -d framework/dist ]; do sleep 0.1; done; touch ready',
      'test/ready.test.ts':
        "import { existsSync } from 'node:fs'\nimport { expect, test } from 'vitest'\n\ntest('has engines', () => {\n  expect([existsSync('ready'), process.env.GROUNDPLAN_BESIDE]).toEqual([true, undefined])\n})\n",
    })
    const ended = await run(folder, 'bash', '.ci/run')
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n4 passed, 0 failed, 1 skipped\n$/) })
    expect(ended.stdout).toMatch(
      /\[1\/3\] Checking style.*[\s\S]*\[2\/3\] Checking types.*[\s\S]*\[3\/3\] Building framework/,
    )
    expect(claims(folder)).toContain('1 of 73 claims are shown.')
  })

  test('fails when style, types and tests fail, and counts each', async () => {
    const wrong =
      "import { test } from 'vitest'\nlet n: number = ''\ntest('C1: begins at 1000', () => { throw new Error(n) })\n"
    const folder = builtRepository({ ...files, 'test/stock.test.ts': wrong })
    const ended = await run(folder, node, 'scripts/test.mjs')
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringMatching(/\n0 passed, 3 failed\n$/) })
    expect(ended.stderr).toMatch(/TS2322/)
    expect(claims(folder)).toMatch(/^\| C1 .*failing/m)
  })

  test('of a part leaves the claims alone', async () => {
    const folder = builtRepository({ ...files, 'docs/generated/claims.md': 'as it was' })
    await run(folder, node, 'scripts/test.mjs', 'test/stock')
    expect(claims(folder)).toBe('as it was')
  })

  test('fails when the runner has no result', async () => {
    const folder = builtRepository({ ...files, 'vitest.config.ts': 'throw new Error("no configuration")' })
    const ended = await run(folder, node, 'scripts/test.mjs')
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringMatching(/\n2 passed, 1 failed\n$/) })
  })
})

describe('.ci/run', () => {
  const ci = (program: string) => {
    const scripts = { test: 'node fake.mjs' }
    return run(repository({ 'package.json': JSON.stringify({ scripts }), 'fake.mjs': program }), 'bash', '.ci/run')
  }
  const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)

  test('ends with the summary, and keeps the exit code', async () => {
    const passed = await ci("console.log('2 passed, 0 failed')")
    expect(passed.code).toBe(0)
    expect(passed.stdout.match(/2 passed, 0 failed/g)).toHaveLength(1)
    const failed = await ci("console.log('2 passed, 1 failed, 4 skipped'); console.log('after'); process.exit(1)")
    expect([failed.code, lastLine(failed.stdout)]).toEqual([1, '2 passed, 1 failed, 4 skipped'])
  })

  test('fails when no summary was printed', async () => {
    const ended = await ci("console.log('nothing')")
    expect([ended.code, lastLine(ended.stdout)]).toEqual([1, '0 passed, 1 failed'])
  })

  test('sets CI, and gives no input', async () => {
    const ended = await ci(`
      let input = ''
      for await (const chunk of process.stdin) input += chunk
      console.log(JSON.stringify({ ci: process.env.CI, input }))
      console.log('1 passed, 0 failed')`)
    expect(ended.stdout).toContain('{"ci":"true","input":""}')
  })
})

describe('make', () => {
  const there = spawnSync('make', ['--version']).error === undefined

  test.skipIf(!there)('runs the same scripts as npm, `run` by default', async () => {
    const folder = repository({})
    const commands = async (...args: string[]) => (await run(folder, 'make', '-n', ...args)).stdout.trim()
    expect(await commands()).toBe('node scripts/start.mjs')
    expect(await commands('run', 'ARGS=--port 4000')).toBe('node scripts/start.mjs --port 4000')
    for (const name of ['stop', 'test', 'build', 'check']) expect(await commands(name)).toBe(`node scripts/${name}.mjs`)
  })

  test.skipIf(!there)('help lists every target', async () => {
    const folder = repository({})
    const { stdout } = await run(folder, 'make', 'help')
    for (const target of ['run', 'stop', 'test', 'build', 'check', 'format', 'help'])
      expect(stdout).toContain(`make ${target} `)
  })
})
