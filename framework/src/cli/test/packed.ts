/**
 * A folder for a newcomer: Groundplan installed as npm would install it, from what `npm pack` packs. The packages it
 * needs are this repository's: nothing is fetched.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { buildProgram } from './process.ts'
import { repository } from './project.ts'

const run = promisify(execFile)

export interface Packed extends AsyncDisposable {
  /** An empty folder; packages are found from it. */
  readonly folder: string
  /** `node_modules/.bin` of it. */
  readonly bin: string
}

/** @param name of the empty folder */
export async function packed(name: string): Promise<Packed> {
  await buildProgram()
  const above = realpathSync(mkdtempSync(join(tmpdir(), 'groundplan-new-')))
  const modules = join(above, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', above], {
    cwd: join(repository, 'framework'),
  })
  const [{ filename }] = JSON.parse(stdout) as [{ readonly filename: string }]
  await run('tar', ['-xzf', join(above, filename), '-C', above])
  await run('mv', [join(above, 'package'), join(modules, 'groundplan')])
  linkOthers(modules)
  symlinkSync('../groundplan/bin/groundplan.js', join(modules, '.bin/groundplan'))
  const folder = join(above, name)
  mkdirSync(folder)
  return {
    folder,
    bin: join(modules, '.bin'),
    [Symbol.asyncDispose]: async () => rmSync(above, { recursive: true, force: true }),
  }
}

/** Every package of this repository but its own. */
function linkOthers(modules: string): void {
  const all = join(repository, 'node_modules')
  for (const name of readdirSync(all)) {
    const scoped = name.startsWith('@') ? readdirSync(join(all, name)).map(inner => `${name}/${inner}`) : [name]
    for (const each of scoped) if (!isOwn(all, each)) link(join(all, each), join(modules, each))
  }
  for (const tool of readdirSync(join(all, '.bin'))) link(join(all, '.bin', tool), join(modules, '.bin', tool))
}

/** The workspaces of this repository, and what npm keeps beside packages. */
function isOwn(all: string, name: string): boolean {
  return name.startsWith('.') || !realpathSync(join(all, name)).includes('node_modules')
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  if (!to.endsWith('/groundplan') && !existsSync(to)) symlinkSync(from, to)
}
