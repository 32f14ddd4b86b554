/** Where an import leads: to a file of the repository, to an installed package, or to Node itself. */
import { builtinModules } from 'node:module'
import { dirname, join, normalize } from 'node:path/posix'
import type { Tree } from './tree.ts'

export type Target =
  | { readonly kind: 'file'; readonly path: string; readonly relative: boolean }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'node'; readonly name: string }

export interface Manifest {
  readonly folder: string
  readonly name?: string
  readonly exports?: Exports
  readonly main?: string
  readonly bin?: string | Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

type Exports = string | { readonly [key: string]: Exports | null }

export interface Workspace {
  readonly manifests: readonly Manifest[]
  /** Where `specifier`, written in the file `from`, leads. */
  resolve(from: string, specifier: string): Target
  /** The folder of the package a file belongs to; `''` is the root. */
  packageOf(path: string): string
}

const node = new Set(builtinModules)

/** Reads the manifests; `paths` are all files an import may lead to. */
export function openWorkspace(manifests: Tree, paths: Iterable<string>): Workspace {
  const known = new Set(paths)
  const packages = manifests.map(({ path, text }) => manifestOf(path, text))
  const byDepth = packages.map(({ folder }) => folder).sort((left, right) => right.length - left.length)
  return {
    manifests: packages,
    resolve: (from, specifier) => {
      if (specifier.startsWith('.')) {
        return { kind: 'file', path: onDisk(normalize(join(dirname(from), specifier)), known), relative: true }
      }
      return resolveBare(specifier, packages, known)
    },
    packageOf: path => byDepth.find(folder => folder === '' || path.startsWith(`${folder}/`)) ?? '',
  }
}

/** All files that a package's `exports`, `main` and `bin` name, as sources. */
export function entriesOf({ folder, exports: exported, main, bin }: Manifest): readonly string[] {
  const programs = typeof bin === 'string' ? [bin] : Object.values(bin ?? {})
  const named = [...(exported === undefined ? [] : leaves(exported)), ...(main ? [main] : []), ...programs]
  return named.map(path => sourceOf(join(folder, path)))
}

function manifestOf(path: string, text: string): Manifest {
  const folder = dirname(path)
  return { ...(JSON.parse(text) as Omit<Manifest, 'folder'>), folder: folder === '.' ? '' : folder } // npm has checked its shape
}

function resolveBare(specifier: string, packages: readonly Manifest[], known: ReadonlySet<string>): Target {
  const bare = specifier.replace(/^node:/, '')
  if (specifier.startsWith('node:') || node.has(bare)) return { kind: 'node', name: bare }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  const own = packages.find(manifest => manifest.name === name)
  if (!own) return { kind: 'package', name }
  const path = exportedPath(own, `.${specifier.slice(name.length)}`)
  return path === undefined
    ? { kind: 'file', path: `${own.folder}/(not exported: ${specifier})`, relative: false }
    : { kind: 'file', path: onDisk(path, known), relative: false }
}

/** The file behind one key of `exports`, as a source: a key with `*` stands for every match. */
function exportedPath({ folder, exports: exported, main }: Manifest, key: string): string | undefined {
  if (exported === undefined || typeof exported === 'string') {
    const path = exported ?? main
    return key === '.' && path ? sourceOf(join(folder, path)) : undefined
  }
  for (const [pattern, value] of Object.entries(exported)) {
    const star = starOf(pattern, key)
    const [path] = star === undefined || value === null ? [] : leaves(value)
    if (star !== undefined && path) return sourceOf(join(folder, path.replace('*', star)))
  }
  return undefined
}

/** What `*` stands for when `key` matches `pattern`; `''` for a match without one. */
function starOf(pattern: string, key: string): string | undefined {
  const [before = '', after] = pattern.split('*')
  if (after === undefined) return pattern === key ? '' : undefined
  const fits = key.startsWith(before) && key.endsWith(after) && key.length >= before.length + after.length
  return fits ? key.slice(before.length, key.length - after.length) : undefined
}

function leaves(value: Exports): readonly string[] {
  if (typeof value === 'string') return [value]
  return Object.values(value).flatMap(inner => (inner === null ? [] : leaves(inner)))
}

/** Built files stand for their sources. */
function sourceOf(path: string): string {
  const [, before = '', after] = /^(.*\/|)dist\/(.*)$/.exec(normalize(path)) ?? []
  return after === undefined ? normalize(path) : `${before}src/${after.replace(/(\.d\.ts|\.js)$/, '.ts')}`
}

/** Imports may leave the ending out in front ends, or name the built file. */
function onDisk(path: string, known: ReadonlySet<string>): string {
  const candidates = [
    path,
    path.replace(/\.js$/, '.ts'),
    sourceOf(path),
    `${path}.ts`,
    `${path}.tsx`,
    `${path}/index.ts`,
    `${path}/index.tsx`,
  ]
  return candidates.find(candidate => known.has(candidate)) ?? path
}
