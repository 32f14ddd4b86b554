/**
 * Does the steps of a Dockerfile in an empty folder, without a container engine: what an image would hold, and how it is
 * started. The base image is this machine's Node; `/app` and `/data` stand below the folder. What a `.dockerignore` leaves
 * out is left out, and a later stage has only what is copied into it.
 *
 * Two things are done in another way: tools that only build are linked from the packages that are installed here, by the
 * same package-lock.json, instead of being fetched again; and what one image has built of the framework, the next takes,
 * which builds anew all the same if a single file of it differs. What runs in the image is installed by its own `npm ci`.
 */
import { spawn } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

export interface Image {
  /** Where the stage's `/` is. */
  readonly root: string
  /** Its working directory, from there. */
  readonly workdir: string
  readonly environment: Readonly<Record<string, string>>
  readonly user: number
  /** Entry point and command, with the paths of this machine. */
  readonly command: readonly string[]
  /** The command of its health check. */
  readonly health: readonly string[]
}

export interface Context {
  /** The folder that is sent to the build. */
  readonly folder: string
  /** The text of its ignore file. */
  readonly ignored: string
  /** Packages that are installed there. */
  readonly modules: string
  /** Where an image was built before, from the same folder. */
  readonly before?: string | undefined
}

interface Stage {
  readonly root: string
  workdir: string
  user: number
  readonly environment: Record<string, string>
  entrypoint: readonly string[]
  command: readonly string[]
  health: readonly string[]
}

type Step = readonly [instruction: string, rest: string]

/** @param folder an empty one */
export async function replayed(dockerfile: string, context: Context, folder: string): Promise<Image> {
  const stages = new Map<string, Stage>()
  let stage: Stage | undefined
  for (const [instruction, rest] of stepsOf(dockerfile)) {
    if (instruction === 'FROM') {
      const name = / AS (\w+)$/i.exec(rest)?.[1] ?? 'last'
      stage = newStage(join(folder, name))
      stages.set(name, stage)
    } else if (stage) await does(stage, instruction, rest, context, stages)
  }
  if (!stage) throw new Error('The Dockerfile has no stage')
  const { root, workdir, environment, user, health } = stage
  return { root, workdir, environment, user, health, command: [...stage.entrypoint, ...stage.command] }
}

function stepsOf(dockerfile: string): readonly Step[] {
  const lines = dockerfile.replaceAll('\\\n', ' ').split('\n')
  return lines
    .filter(line => line.trim() !== '' && !line.startsWith('#'))
    .map(line => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).trim()])
}

function newStage(root: string): Stage {
  mkdirSync(root, { recursive: true })
  return { root, workdir: '/', user: 0, environment: {}, entrypoint: [], command: [], health: [] }
}

async function does(
  stage: Stage,
  instruction: string,
  rest: string,
  context: Context,
  stages: ReadonlyMap<string, Stage>,
): Promise<void> {
  if (instruction === 'WORKDIR') mkdirSync(join(stage.root, rest), { recursive: true })
  if (instruction === 'WORKDIR') stage.workdir = rest
  else if (instruction === 'ENV') for (const [name, value] of assignments(rest)) stage.environment[name] = value
  else if (instruction === 'COPY') copy(stage, rest, context, stages)
  else if (instruction === 'RUN') await run(stage, rest, context)
  else if (instruction === 'USER') stage.user = Number.parseInt(rest, 10)
  else if (instruction === 'ENTRYPOINT') stage.entrypoint = words(stage, rest)
  else if (instruction === 'CMD') stage.command = words(stage, rest)
  else if (instruction === 'HEALTHCHECK') stage.health = words(stage, rest.slice(rest.indexOf('CMD ') + 4))
  else if (!['EXPOSE', 'VOLUME'].includes(instruction)) throw new Error(`Nobody knows ${instruction}`)
}

function assignments(text: string): readonly (readonly [string, string])[] {
  return [...text.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value])
}

function words({ root }: Stage, json: string): readonly string[] {
  const [program, ...more]: readonly string[] = JSON.parse(json)
  return [program === 'node' ? process.execPath : (program ?? ''), ...more.map(word => inside(root, word))]
}

/** The folders of an image that are named in a command. */
function inside(root: string, text: string): string {
  return text.replaceAll(/(^|\s)\/(?=(?:app|data)\b)/g, `$1${root}/`)
}

// ---------- steps

function copy(stage: Stage, rest: string, context: Context, stages: ReadonlyMap<string, Stage>): void {
  const parts = rest.split(/\s+/)
  const option = (name: string): string | undefined =>
    parts.find(part => part.startsWith(`--${name}=`))?.slice(name.length + 3)
  const paths = parts.filter(part => !part.startsWith('--'))
  const to = paths.at(-1) ?? ''
  const from = option('from')
  const source = from === undefined ? undefined : stages.get(from)
  if (from !== undefined && !source) throw new Error(`There is no stage ${from}`)
  for (const path of paths.slice(0, -1)) {
    const target = join(stage.root, to.startsWith('/') ? '' : stage.workdir, to)
    if (source)
      put(join(source.root, path), to.endsWith('/') && !isFolder(source, path) ? join(target, name(path)) : target)
    else if (path === '.') {
      copyContext(context, target)
      if (context.before !== undefined) takeBuilt(context.before, target)
    } else put(join(context.folder, path), to.endsWith('/') ? join(target, name(path)) : target)
    const owner = Number.parseInt(option('chown') ?? '', 10)
    if (owner > 0 && process.getuid?.() === 0) chownSync(target, owner, owner)
  }
}

/** Docker copies what is in a folder, and a file itself. */
function isFolder({ root }: Stage, path: string): boolean {
  return statSync(join(root, path)).isDirectory()
}

function name(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
}

/** The result with the stamp of what it was made of, which `npm run build` compares with what is there. */
function takeBuilt(from: string, to: string): void {
  for (const path of ['framework/dist', '.groundplan/build/framework.json']) put(join(from, path), join(to, path))
}

function copyContext({ folder, ignored }: Context, to: string): void {
  const { isLeftOut, mayHold } = matcher(ignored)
  const visit = (path: string): void => {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
      const inner = path === '' ? entry.name : `${path}/${entry.name}`
      if (entry.isDirectory() && (!isLeftOut(inner) || mayHold(inner))) visit(inner)
      else if (!entry.isDirectory() && !isLeftOut(inner)) put(join(folder, inner), join(to, inner))
    }
  }
  visit('')
}

/** What a `.dockerignore` leaves out: of a path and the folders it is in, the last line that speaks of one of them decides. */
function matcher(text: string) {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const rules = lines.map(line => ({ keeps: line.startsWith('!'), matches: expressionOf(line.replace(/^!/, '')) }))
  return {
    isLeftOut(path: string): boolean {
      const above = path.split('/').map((_, at, parts) => parts.slice(0, at + 1).join('/'))
      const last = rules.findLast(({ matches }) => above.some(part => matches.test(part)))
      return last !== undefined && !last.keeps
    },
    mayHold: (folder: string): boolean => lines.some(line => line.startsWith(`!${folder}/`)),
  }
}

function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('**/', '(?:.*/)?').replaceAll(/(?<!\.)\*/g, '[^/]*')}$`)
}

async function run(stage: Stage, command: string, context: Context): Promise<void> {
  const folder = join(stage.root, stage.workdir)
  if (/npm ci .*--include-workspace-root/.test(command)) return linkModules(context, folder)
  const { NODE_OPTIONS: _, VITEST: __, ...inherited } = process.env
  const NODE_ENV = stage.environment.NODE_ENV === 'production' ? 'production' : 'development'
  const environment = { ...inherited, ...stage.environment, NODE_ENV, npm_config_prefer_offline: 'true' } as const
  await ended(spawn('sh', ['-ec', inside(stage.root, command)], { cwd: folder, env: environment }), command)
}

/** As hard links where they can be: a gigabyte is not copied. Packages that one workspace alone has are in its folder. */
async function linkModules({ modules }: Context, folder: string): Promise<void> {
  const locked: { readonly packages: object } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
  const nested = Object.keys(locked.packages).flatMap(path => /^(.+?)\/node_modules\//.exec(path)?.[1] ?? [])
  for (const workspace of ['', ...new Set(nested)]) {
    const from = join(dirname(modules), workspace, 'node_modules')
    const to = join(folder, workspace)
    if (!existsSync(from) || !existsSync(to)) continue
    const command = `cp -al "${from}" "${to}/node_modules" 2>/dev/null || cp -a "${from}" "${to}/node_modules"`
    await ended(spawn('sh', ['-c', command]), 'linking packages')
  }
}

function ended(child: ReturnType<typeof spawn>, what: string): Promise<void> {
  const said: string[] = []
  for (const pipe of [child.stdout, child.stderr]) pipe?.on('data', piece => void said.push(String(piece)))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => (code === 0 ? resolve() : reject(new Error(`${what}: ${code}\n${said.join('')}`))))
  })
}

/** All files of an image below its working directory. */
export function filesOf({ root, workdir }: Image): readonly string[] {
  const base = join(root, workdir)
  const entries = readdirSync(base, { recursive: true, withFileTypes: true })
  return entries.filter(entry => !entry.isDirectory()).map(entry => relative(base, join(entry.parentPath, entry.name)))
}

export function textOf(path: string): string {
  return readFileSync(path, 'utf8')
}
