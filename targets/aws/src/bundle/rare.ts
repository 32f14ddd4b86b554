/**
 * What a function seldom does lies in a second file beside the first, which is loaded when something of it is called for
 * the first time: V8 reads through all of a file before it runs anything of it, and most functions never refuse, never
 * fail and never stream. In the first file each function of such a module is one that loads the second and calls it there.
 *
 * The second file has copies of what its modules import, with one exception: a class may be there only once, or what one
 * file makes is of no class that the other knows. `Fault` is given by the first file; a module of ours with another class
 * cannot be in both, and who tries is told. (Of packages of others both may have the same: what these make stays where it
 * was made.)
 *
 * Clients of Amazon's SDK lie in files of their own in the same way, each loaded when it is first used.
 */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BuildOptions, Metafile, OnLoadArgs, Plugin, PluginBuild } from 'esbuild'
import { isAt, namesIn } from './left-out.ts'
import {
  asks,
  authorizes,
  carries,
  cors,
  either,
  files,
  type Needed,
  type Needs,
  never,
  streams,
  takesMessages,
  ticks,
  worksBesides,
} from './needs.ts'

/** The file beside the first one. */
const rareFile = 'rare.js'

/** Modules by the end of their path, without its ending; who needs them with each event, and has them in the first file. */
const modules: Readonly<Record<string, Needed>> = {
  'contract/problem-entry': never,
  'contract/scrubber': never,
  'http/ask-over-http': never,
  'http/cookies': authorizes,
  'http/cors': cors,
  'http/lambda/came-by-http': never,
  'http/lambda/http-result': never,
  'http/lambda/piecewise': either(streams, files),
  'http/lambda/refused': never,
  'http/lambda/streamed': either(streams, files),
  'http/lambda/streaming': either(streams, files),
  'http/lambda/work': either(worksBesides, takesMessages, ticks, carries, asks),
  'runtime/conventions': never,
  'runtime/file-answers': files,
  'runtime/invoked-work': either(worksBesides, carries),
  'runtime/recorded': never,
  'runtime/refusals': never,
}

/** Modules by the end of their path; the file of each. */
const clients: Readonly<Record<string, string>> = { 'aws/src/ses': 'mail.js', 's3/src/objects': 'buckets.js' }

/** What a file beside the first one of a function is made of: known once the first has been built. */
export interface Aside {
  readonly file: string
  /** For the first file. */
  readonly first: Plugin
  /** For the file itself. */
  readonly second: Plugin
  /** Of the file; undefined where nothing lies there. */
  entry(): string | undefined
  /** Looks at both. Throws where a class would be in both. `root`: what their paths begin at. */
  check(first: Metafile, second: Metafile, root: string): Promise<void>
}

export const aroundSecond = {
  banner: { js: 'exports.having=groundplanFirst=>{' },
  footer: { js: 'return groundplanRare}' },
  ...{ format: 'iife', globalName: 'groundplanRare' },
} as const satisfies BuildOptions

/** What a function with these needs seldom does. `resolveDir`: from where the framework is found. */
export function aside(needs: Needs, resolveDir: string): Aside {
  const rare = Object.entries(modules).flatMap(([module, needed]) => (needed(needs) ? [] : [module]))
  return asideOf(rareFile, rare, resolveDir)
}

/** The clients, those of them that a function has. */
export function clientsAside(resolveDir: string): readonly Aside[] {
  return Object.entries(clients).map(([module, file]) => asideOf(file, [module], resolveDir))
}

function asideOf(file: string, modules: readonly string[], resolveDir: string): Aside {
  const space = `groundplan-${file}`
  const paths = new Map<number, string>()
  const first: Plugin = {
    name: `first-beside-${file}`,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${space}$`) }, ({ path }) => ({
        path,
        namespace: space,
        sideEffects: false,
      }))
      build.onResolve({ filter: /^\.\//, namespace: space }, ({ path }) => ({ path, external: true }))
      build.onLoad({ filter: /.*/, namespace: space }, async () =>
        loading(file, await faultsOf(build, resolveDir), resolveDir),
      )
      build.onLoad({ filter: /\/(?:runtime|http|contract|plan|compile|s3|aws)\/.*\.[jt]s$/ }, async ({ path }) => {
        const at = modules.findIndex(module => isAt(path, module))
        if (at === -1) return undefined
        const names = functionsIn(path, await readFile(path, 'utf8'))
        paths.set(at, path)
        return { contents: elsewhere(space, at, names), loader: 'js' }
      })
    },
  }
  const second: Plugin = {
    name: file,
    setup(build) {
      let faults: Promise<string> | undefined
      build.onLoad({ filter: shared }, async ({ path }: OnLoadArgs) => {
        faults ??= faultsOf(build, resolveDir)
        if (path !== (await faults)) return undefined
        return { contents: `export const { ${(await sharedIn(path)).join(', ')} } = groundplanFirst`, loader: 'js' }
      })
    },
  }
  return {
    ...{ file, first, second },
    entry: () => (paths.size === 0 ? undefined : entryOf(paths)),
    check: (one, other, root) => refuseTwice([...paths.values()], one, other, root),
  }
}

/** The module that has `Fault`, which the first file gives to the second. */
const shared = /\/contract\/problems\.[jt]s$/

/** They come in any order, and the same code has the same bytes. */
function entryOf(paths: ReadonlyMap<number, string>): string {
  const sorted = [...paths].sort(([one], [other]) => one - other)
  return sorted.map(([at, path]) => `export * as m${at} from ${JSON.stringify(path)}\n`).join('')
}

/** What stands in the first file where a module was. */
function elsewhere(space: string, at: number, names: readonly string[]): string {
  const made = names.map(name => `export function ${name}(...given) { return beside().m${at}.${name}(...given) }`)
  return [`import { beside } from '${space}'`, ...made].join('\n')
}

async function loading(file: string, faults: string, resolveDir: string) {
  const names = (await sharedIn(faults)).join(', ')
  const contents = `import { ${names} } from ${JSON.stringify(faults)}
let known
export function beside() { return known ??= require('./${file}').having({ ${names} }) }`
  return { contents, loader: 'js', resolveDir } as const
}

async function faultsOf(build: PluginBuild, resolveDir: string): Promise<string> {
  const { path } = await build.resolve('groundplan/lambda', { resolveDir, kind: 'import-statement' })
  return join(dirname(path), `contract/problems${path.slice(path.lastIndexOf('.'))}`)
}

async function sharedIn(path: string): Promise<readonly string[]> {
  return namesIn(await readFile(path, 'utf8'))
}

/** The functions that a module exports. Whatever else it exported would have to be there at once. */
function functionsIn(path: string, source: string): readonly string[] {
  const others = [...source.matchAll(/^export (?:default|class|const|let|\*|\{).*/gm)].map(([line]) => line)
  if (others.length > 0) throw new Error(`${path} exports more than functions, and cannot wait: ${others.join(', ')}`)
  return namesIn(source)
}

/** Looks at what is in both files. Throws where a class would be. */
async function refuseTwice(paths: readonly string[], first: Metafile, second: Metafile, root: string): Promise<void> {
  const inSecond = new Set(inputsOf(second))
  for (const path of inputsOf(first)) {
    const isFirsts = path.includes(':') || shared.test(path) || paths.includes(join(root, path))
    if (isFirsts || isOthers(path) || !inSecond.has(path)) continue
    if (/^(?:export )?(?:abstract )?class /m.test(await readFile(join(root, path), 'utf8'))) {
      throw new Error(`${path} would be in both files of a function, and has a class`)
    }
  }
}

function isOthers(path: string): boolean {
  return /(?:^|\/)node_modules\/(?!groundplan\/|@groundplan\/)/.test(path)
}

function inputsOf({ outputs }: Metafile): readonly string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  )
}
