/** The Makefile beside the Compose files, run by the real make; what it would have Docker do is said instead of done. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makefile } from './beside.ts'

const hasMake = spawnSync('make', ['--version']).status === 0
if (!hasMake) console.warn('SKIPPED: there is no make; the Makefile that `groundplan compose` writes is not run')

describe.skipIf(!hasMake)('make, beside the Compose files', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'groundplan-make-'))
    writeFileSync(join(folder, 'Makefile'), makefile)
    writeFileSync(join(folder, 'master.key'), '')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** The commands of Compose that it gave, or what it complained of. */
  function make(...args: readonly string[]) {
    const { GROUNDPLAN_MASTER_KEY_FILE: _, MAKEFLAGS: __, MAKELEVEL: ___, ...env } = process.env
    const { status, stdout } = spawnSync('make', ['-s', 'COMPOSE=echo', ...args], {
      cwd: folder,
      env,
      encoding: 'utf8',
    })
    return { status, lines: stdout.trim().split('\n') }
  }

  const file = '--file docker-compose.yml'
  const dev = '--file docker-compose.dev.yml'

  it('C7: build, run (which it does when nothing is said) and stop', () => {
    expect(make('build').lines).toEqual([`${file} build`])
    expect(make().lines).toEqual([`${file} up --detach --wait`])
    expect(make('run').lines).toEqual(make().lines)
    expect(make('stop').lines).toEqual([`${file} down`])
  })

  it('C8: after a new dependency: stop, build and run, in this order, for development', () => {
    expect(make('stop', 'build', 'run', 'DEV=1').lines).toEqual([
      `${dev} down`,
      `${dev} build`,
      `${dev} up --detach --wait`,
    ])
  })

  it('C7: does not run without a master key, and says where it is told how to make one', () => {
    rmSync(join(folder, 'master.key'))
    const { status, lines } = make('run')
    expect([status, lines.join()]).toEqual([2, expect.stringContaining('README.md says how')])
    expect(make('run', 'DEV=1').status, 'development has one of its own').toBe(0)
    writeFileSync(join(folder, '.env'), 'GROUNDPLAN_MASTER_KEY_FILE=/etc/shop/master.key\n')
    expect(make('run').status, 'Compose reads where it is').toBe(0)
  })
})
