/**
 * Bundles: the code of each function of a system as one file, with a source map beside it. The same input gives the same
 * bytes on any machine, so a bundle is known by the hash of what is in it.
 */
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildOptions, Metafile } from 'esbuild'
import { type Bundling, type CodeBundle, mailTable, runtimeTables, schedulesTable, shapeOf } from 'groundplan/target'
import { type BundledFunction, entryOf, functionsOf } from './bundle/entry.ts'
import { zipOf } from './bundle/zip.ts'
import { idOf } from './names.ts'
import type { AwsSettings } from './settings.ts'
import { type System, systemOf } from './system.ts'

/** The bundles of a system's functions. Faults: `unsupported`. */
export async function bundled(bundling: Bundling, settings: AwsSettings): Promise<readonly CodeBundle[]> {
  const system = systemOf(bundling.plan, bundling.environment, settings)
  const all: CodeBundle[] = []
  for (const made of functionsOf(system)) all.push(await bundleOf(system, made, bundling))
  return all
}

async function bundleOf(system: System, made: BundledFunction, source: Bundling): Promise<CodeBundle> {
  const { build } = await import('esbuild')
  const shape = shapeOf(system.plan, [...runtimeTables, schedulesTable, mailTable])
  const entry = entryOf(made, shape, source.planFile)
  const { outputFiles = [], metafile } = await build(optionsFor(made.name, entry, source))
  const contents = Object.fromEntries(outputFiles.map(({ path, contents }) => [fileName(path), contents]))
  const { 'index.js.map': map = new Uint8Array(), ...files } = contents
  return {
    name: made.name,
    parameter: idOf('Code', made.name),
    hash: hashOf(files),
    files,
    zip: zipOf(files),
    beside: { 'index.js.map': map },
    parts: metafile ? partsIn(metafile) : [],
    schemas: { ready: 0, later: 0 },
  }
}

function optionsFor(name: string, entry: string, { root, conditions = [] }: Bundling): BuildOptions {
  return {
    absWorkingDir: root,
    // Our own packages are found from here, and the plan by its path.
    stdin: {
      contents: entry,
      resolveDir: dirname(fileURLToPath(import.meta.url)),
      sourcefile: `${name}.ts`,
      loader: 'ts',
    },
    outfile: `.groundplan/bundles/${name}/index.js`,
    ...{ bundle: true, minify: true, treeShaking: true, write: false, metafile: true },
    ...{ format: 'cjs', platform: 'node', target: 'node24', charset: 'utf8', legalComments: 'none' },
    ...{ sourcemap: 'external', sourcesContent: false, logLevel: 'silent', keepNames: false },
    conditions: [...conditions, 'module'],
    mainFields: ['module', 'main'],
  }
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Of names and contents, and not of the zip, whose bytes the library that packs it decides. */
function hashOf(files: CodeBundle['files']): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(files).sort())
    hash.update(`${name} ${files[name]?.length}\n`).update(files[name] ?? '')
  return hash.digest('hex')
}

function partsIn({ outputs }: Metafile): CodeBundle['parts'] {
  const bytes = new Map<string, number>()
  const [main] = Object.entries(outputs).filter(([path]) => path.endsWith('/index.js'))
  for (const [path, { bytesInOutput }] of Object.entries(main?.[1].inputs ?? {})) {
    bytes.set(partOf(path), (bytes.get(partOf(path)) ?? 0) + bytesInOutput)
  }
  return [...bytes].sort(([, one], [, other]) => other - one)
}

/** A package, or two folders of the project. */
function partOf(path: string): string {
  const inPackage = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]
  return inPackage ?? path.split('/').slice(0, 2).join('/')
}
