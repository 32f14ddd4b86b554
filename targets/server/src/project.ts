/**
 * What is hosted, and which of the project's own packages it needs: found in package-lock.json, so that an image holds no
 * more, and is built anew for no less.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirname } from 'node:path/posix'
import type { NamedGateway } from './nginx.ts'

/** What the command line knows of a project. */
export interface HostedProject {
  /** Its folder. Paths are from here, with `/`. */
  readonly root: string
  /** The file name of its config. */
  readonly configFile: string
  /** Those that are hosted. */
  readonly systems: readonly HostedSystem[]
  /** The plan of every system of the project, by name. */
  readonly plans: Readonly<Record<string, string>>
  /** The folder of the web front, a Next.js application. */
  readonly web?: string
  /** Gateways that have domain names of their own. */
  readonly domains?: readonly NamedGateway[]
  /** What the systems keep things with, where another host than this machine runs the images. Default: their own disk. */
  readonly engines?: ImageEngines
}

/** As the config in an image says it. */
export interface ImageEngines {
  /** The packages that bring them. */
  readonly packages: readonly string[]
  /** Names that are imported, by module. */
  readonly imports: Readonly<Record<string, readonly string[]>>
  readonly engines: readonly string[]
  /** The address of certificates that the image trusts, too. */
  readonly certificates?: string
}

export interface HostedSystem {
  readonly name: string
  /** The files its plan is made of. */
  readonly files: readonly string[]
  /** The environment's names of its settings and secrets. */
  readonly variables: readonly string[]
}

/** A package of the project itself; the root's folder is `''`. */
export interface OwnPackage {
  readonly folder: string
  readonly name: string
  /** What it publishes, from its folder; everything where it does not say. */
  readonly files: readonly string[] | undefined
}

export interface Packages {
  /** The project's name, as images and containers are called by it. */
  readonly project: string
  readonly scripts: ReadonlySet<string>
  /** Folders of all workspaces. */
  readonly workspaces: readonly string[]
  /** The package a file belongs to. */
  of(file: string): OwnPackage
  /** The package of the project that is called so; undefined where it is npm's. Throws where nobody needs it. */
  named(name: string): OwnPackage | undefined
  /** These packages and those of the project that they need when they run. */
  neededBy(folders: readonly string[]): readonly OwnPackage[]
  /** Folders of packages that npm keeps: the root's, and those of workspaces that have their own. */
  readonly modules: readonly string[]
}

interface Locked {
  readonly name?: string
  readonly link?: boolean
  readonly resolved?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Manifest {
  readonly name?: string
  readonly files?: readonly string[]
  readonly scripts?: Readonly<Record<string, string>>
}

/** Reads a project's manifests. Throws where it has no package-lock.json: images install what that names. */
export function packagesIn(root: string): Packages {
  if (!existsSync(join(root, 'package-lock.json'))) {
    throw new Error(`${root} has no package-lock.json, by which images install packages: npm install writes it`)
  }
  const { packages } = json<{ readonly packages: Readonly<Record<string, Locked>> }>(root, 'package-lock.json')
  const manifest = json<Manifest>(root, 'package.json')
  const workspaces = Object.keys(packages).filter(path => path !== '' && !path.includes('node_modules/'))
  const folders = new Map(
    Object.entries(packages).flatMap(([path, { link, resolved }]) =>
      link && resolved !== undefined ? [[path.replace(/^node_modules\//, ''), resolved] as const] : [],
    ),
  )
  const own = (folder: string): OwnPackage => {
    const { name = folder, files } = folder === '' ? manifest : json<Manifest>(root, `${folder}/package.json`)
    return { folder, name, files }
  }
  return {
    project: slug(manifest.name ?? 'project'),
    scripts: new Set(Object.keys(manifest.scripts ?? {})),
    workspaces,
    of: file => own(workspaces.find(folder => file === folder || file.startsWith(`${folder}/`)) ?? ''),
    named: name => {
      const folder = folders.get(name)
      if (folder !== undefined) return own(folder)
      if (packages[`node_modules/${name}`] === undefined)
        throw new Error(`${name} is not installed: npm install ${name}`)
      return undefined
    },
    neededBy: wanted => [...reached(wanted, packages, folders)].sort().map(own),
    modules: moduleFolders(Object.keys(packages)),
  }
}

/** `node_modules` of the root and of workspaces, not those inside of them. */
function moduleFolders(paths: readonly string[]): readonly string[] {
  const outer = paths.filter(path => path.includes('node_modules/')).map(path => path.split('node_modules/')[0])
  return [...new Set(outer)].map(folder => `${folder}node_modules`).sort()
}

/** Every folder that these lead to. */
function reached(
  wanted: readonly string[],
  packages: Readonly<Record<string, Locked>>,
  folders: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (folder: string): void => {
    if (found.has(folder)) return
    found.add(folder)
    for (const name of needs(packages[folder])) {
      const next = folders.get(name)
      if (next !== undefined) visit(next)
    }
  }
  for (const folder of wanted) visit(folder)
  return found
}

function needs({ dependencies, optionalDependencies, peerDependencies }: Locked = {}): readonly string[] {
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
}

/** The folders of a system's sources: whole packages, and of the root package the files' own folders. */
export function sourceFolders(packages: Packages, { files }: HostedSystem): readonly string[] {
  const all = new Set(files.map(file => packages.of(file).folder || dirname(file)))
  return outermost([...all].filter(folder => folder !== '.'))
}

/** Without those that are in another. */
export function outermost(folders: readonly string[]): readonly string[] {
  const isInside = (folder: string): boolean => folders.some(other => folder.startsWith(`${other}/`))
  return [...new Set(folders)].filter(folder => !isInside(folder)).sort()
}

/** a-z, 0-9 and `-`, as names of images must be. */
function slug(name: string): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '') || 'project'
  )
}

function json<Shape>(root: string, path: string): Shape {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) // npm's own files, in npm's own shape
}
