/**
 * Bundling with esbuild, loaded only when something has to be built. What is wrong with a file is said with its place.
 */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import type { BuildFailure, BuildOptions, Message, Metafile, Plugin } from 'esbuild'
import { Failure } from './errors.ts'

export interface Bundle {
  readonly text: string
  /** The project's files in it, from the project's folder. */
  readonly inputs: readonly string[]
  /** The packages it imports, each with a file that does. */
  readonly packages: Readonly<Record<string, string>>
}

/** A module that is given as text. */
export interface Entry {
  /** Names the bundle: a-z, 0-9, `-` and `.`. */
  readonly name: string
  readonly text: string
}

export interface Bundler {
  /** Bundles a module. Throws a failure for files that cannot be read. */
  bundle(entry: Entry): Promise<Bundle>
  /** Paths of files that were read or looked for so far, also those that were not there. */
  readonly seen: ReadonlySet<string>
  /** Ends esbuild's process, if there is one. */
  close(): Promise<void>
}

/**
 * Opens a bundler; close it when done.
 * @param root the project's folder: where imports lead from
 * @param folder where the bundles will stand
 */
export function openBundler(root: string, folder: string): Bundler {
  let loading: Promise<typeof import('esbuild')> | undefined
  const seen = new Set<string>()
  return {
    seen,
    async bundle(entry) {
      loading ??= import('esbuild')
      const { build } = await loading
      try {
        const { metafile, outputFiles } = await build({
          ...optionsFor(root, folder, entry, seen),
          metafile: true,
          write: false,
        })
        return { text: outputFiles[0]?.text ?? '', ...partsOf(metafile, entryPath(entry.name)) }
      } catch (error) {
        throw isBuildFailure(error) ? brokenFiles(error.errors) : error
      }
    },
    async close() {
      const esbuild = await loading
      await esbuild?.stop()
    },
  }
}

function optionsFor(root: string, folder: string, { name, text }: Entry, seen: Set<string>): BuildOptions {
  return {
    absWorkingDir: root,
    stdin: { contents: text, resolveDir: root, sourcefile: entryPath(name), loader: 'ts' },
    outfile: join(folder, `${name}.mjs`),
    bundle: true,
    plugins: [packagesOutside(root, folder), noting(seen)],
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
  }
}

/** Where the entry seems to stand: no file of the project is there. */
function entryPath(name: string): string {
  return `.groundplan/${name}.ts`
}

function partsOf({ inputs }: Metafile, entry: string): Pick<Bundle, 'inputs' | 'packages'> {
  const files = Object.entries(inputs).filter(([path]) => path !== entry)
  const imports = files.flatMap(([file, { imports }]) => imports.map(each => ({ file, ...each })))
  const outside = imports.filter(({ external, path }) => external && !path.startsWith('node:'))
  return {
    inputs: files.map(([path]) => path),
    packages: Object.fromEntries(outside.map(({ path, file }) => [path, file])),
  }
}

/** Notes the files of the project that are read, and those that an import names. */
function noting(seen: Set<string>): Plugin {
  return {
    name: 'noting',
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => {
        seen.add(join(resolveDir, path))
        return undefined
      })
    },
  }
}

/**
 * Leaves packages outside the bundle. It stands in the project's folder, and Node looks for packages from there: one that
 * a system has for itself, in a `node_modules` of its own, is named by its path. What is no built package (an alias of
 * `tsconfig.json`, a workspace that gives its TypeScript) is bundled like the project's other files.
 */
function packagesOutside(root: string, folder: string): Plugin {
  const asked = Symbol('asked')
  return {
    name: 'packages-outside',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path, resolveDir, importer, kind, pluginData }) => {
        if (pluginData === asked || isAbsolute(path)) return undefined
        const modules = modulesWith(packageName(path), resolveDir)
        if (modules === undefined) return undefined
        const found = await build.resolve(path, { resolveDir, importer, kind, pluginData: asked })
        if (/\.[cm]?tsx?$/.test(found.path)) return undefined
        const byPath = found.path !== '' && modules !== root && modules.startsWith(root + sep)
        return { path: byPath ? pathFrom(folder, found.path) : path, external: true }
      })
    },
  }
}

function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

/** The folder, `from` or above it, whose `node_modules` has a package. */
function modulesWith(name: string, from: string): string | undefined {
  if (existsSync(join(from, 'node_modules', name))) return from
  return dirname(from) === from ? undefined : modulesWith(name, dirname(from))
}

/** As an import writes it. */
function pathFrom(folder: string, path: string): string {
  const way = relative(folder, path).replaceAll(sep, '/')
  return way.startsWith('.') ? way : `./${way}`
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

/** All errors with their places; what to do about the first. */
function brokenFiles(errors: readonly Message[]): Failure {
  const [first] = errors
  return new Failure(errors.map(errorText).join('\n'), first ? wayOutOf(first) : 'correct the file')
}

function errorText({ text, location }: Message): string {
  if (!location) return text
  const { file, line, column, lineText } = location
  const shown = lineText.replaceAll('\t', ' ')
  return `${file}:${line}:${column + 1}  ${text}\n    ${shown}\n    ${' '.repeat(column)}^`
}

function wayOutOf({ text }: Message): string {
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1]
  if (missing === undefined) return 'correct it, then run the command again'
  if (missing.startsWith('.')) return `write the path of a file that exists, with its ending (such as ./model.ts)`
  return `npm install ${packageName(missing)}`
}
