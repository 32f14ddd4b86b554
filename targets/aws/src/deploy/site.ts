/**
 * The site of a system of functions: what OpenNext makes of the project's Next.js application, a function for the pages and
 * files that never change. OpenNext is the project's own: it is asked where the project has installed it. Built anew only
 * where the front's sources are others than the last time.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fault, type Shipping } from 'groundplan/target'
import { zipOf } from '../bundle/zip.ts'
import { idOf } from '../names.ts'
import { web } from '../system.ts'
import type { Code } from './plan.ts'

/** A file that browsers get as it is. */
export interface SiteFile {
  /** Its path at the site, without the first `/`. */
  readonly key: string
  /** Where it lies now. */
  readonly path: string
}

export interface Site {
  readonly code: Code
  readonly files: readonly SiteFile[]
}

/**
 * Faults: `setting-missing` where there is no front, or nobody to build it; `plan-invalid` where it cannot be built.
 * @param openNext the program; default: the project's own
 */
export async function siteOf(
  { web: front, root, told }: Pick<Shipping, 'web' | 'root' | 'told'>,
  openNext?: string,
): Promise<Site> {
  if (!front) throw missing('the system has a site, and the config names no web front', "name its folder: web: './web'")
  const built = join(front.folder, '.open-next')
  const mark = join(built, 'groundplan-digest')
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== front.digest) {
    told({ part: 'assets', what: 'the web front is built, which takes some minutes', state: 'note' })
    rmSync(mark, { force: true })
    await builds(front, root, openNext ?? openNextOf(front.folder))
    writeFileSync(mark, front.digest)
  }
  const files = filesBelow(join(built, 'server-functions/default'))
  const contents = Object.fromEntries(files.map(({ key, path }) => [key, readFileSync(path)]))
  const code = { name: web, parameter: idOf('Code', web), hash: front.digest, zip: zipOf(contents) }
  return { code, files: filesBelow(join(built, 'assets')).filter(({ key }) => key.startsWith('_next/static/')) }
}

async function builds({ folder }: NonNullable<Shipping['web']>, root: string, openNext: string): Promise<void> {
  const own = join(folder, 'open-next.config.ts')
  const config = existsSync(own) ? own : join(root, '.groundplan/build/open-next.config.ts')
  if (config !== own) {
    mkdirSync(dirname(config), { recursive: true })
    writeFileSync(config, usualConfig)
  }
  const temp = mkdtempSync(join(tmpdir(), 'groundplan-site-'))
  const args = ['--import', tempIn(temp), openNext, 'build', '--config-path', relative(folder, config)]
  const { code, output } = await ran(args, folder).finally(() => rmSync(temp, { recursive: true, force: true }))
  if (code === 0) return
  const tail = output.trimEnd().split('\n').slice(-30).join('\n')
  throw fault('plan-invalid', `the web front cannot be built for AWS:\n${tail}`, {
    wayOut: 'correct it, then run it again',
  })
}

/** A module that gives a process a temp folder: OpenNext leaves what it writes there. */
function tempIn(folder: string): string {
  const text = `for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = ${JSON.stringify(folder)}`
  return `data:text/javascript,${encodeURIComponent(text)}`
}

/** Node with these arguments. */
function ran(args: readonly string[], cwd: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    const child = spawn(process.execPath, [...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => void pieces.push(piece))
    child.once('error', reject)
    child.once('close', code => resolve({ code, output: Buffer.concat(pieces).toString() }))
  })
}

/** The program of the project's own OpenNext. */
function openNextOf(folder: string): string {
  try {
    const found = createRequire(join(folder, 'package.json')).resolve('@opennextjs/aws/package.json')
    return join(dirname(found), 'dist/index.js')
  } catch {
    const wayOut = 'npm install --save-dev @opennextjs/aws, in the workspace of the front'
    throw missing('the web front is built for AWS by OpenNext, which is not installed', wayOut)
  }
}

function missing(detail: string, wayOut: string): Error {
  return fault('setting-missing', detail, { wayOut })
}

/** Answers stream; nothing is kept between them, since every page is made for who asks. */
const usualConfig = `export default {
  default: {
    override: {
      wrapper: 'aws-lambda-streaming',
      converter: 'aws-apigw-v2',
      incrementalCache: 'dummy',
      tagCache: 'dummy',
      queue: 'dummy',
    },
  },
  dangerous: { disableIncrementalCache: true, disableTagCache: true },
  buildCommand: 'npx --no-install next build',
}
`

function filesBelow(folder: string, below = ''): readonly SiteFile[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap(entry => {
    const key = below === '' ? entry.name : `${below}/${entry.name}`
    const path = join(folder, key)
    return entry.isDirectory() ? filesBelow(folder, key) : [{ key, path }]
  })
}
