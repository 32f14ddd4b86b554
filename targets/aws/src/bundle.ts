/**
 * Bundles: the code of each function of a system as one file, with a source map beside it. The same input gives the same
 * bytes on any machine, so a bundle is known by the hash of what is in it.
 */
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BuildOptions, Metafile, Plugin } from 'esbuild'
import type { PlanShape } from 'groundplan/driver'
import {
  type Bundling,
  type CodeBundle,
  isHandler,
  mailTable,
  runtimeTables,
  schedulesTable,
  shapeOf,
} from 'groundplan/target'
import { type BundledFunction, entryOf, functionsOf, shapeFor } from './bundle/entry.ts'
import { lazily } from './bundle/lazily.ts'
import { leavingOut } from './bundle/left-out.ts'
import type { Needs } from './bundle/needs.ts'
import { nowhere } from './bundle/nowhere.ts'
import { placesOf, withoutOthers } from './bundle/others.ts'
import { plain } from './bundle/plain.ts'
import { type Aside, aroundSecond, aside, clientsAside } from './bundle/rare.ts'
import {
  nothingPrepared,
  type Prepared,
  preparedFor,
  preparingEntry,
  withoutZod,
  wordsOf,
  zodEntry,
  zodFile,
} from './bundle/schemas.ts'
import { zipOf } from './bundle/zip.ts'
import { idOf } from './names.ts'
import { carrier } from './rights.ts'
import type { AwsSettings } from './settings.ts'
import { type System, systemOf } from './system.ts'

/** The bundles of a system's functions. Faults: `unsupported`. */
export async function bundled(bundling: Bundling, settings: AwsSettings): Promise<readonly CodeBundle[]> {
  const system = systemOf(bundling.plan, bundling.environment, settings)
  const shape = shapeOf(system.plan, [...runtimeTables, schedulesTable, mailTable])
  const [zod, preparing] = [await zodOf(bundling, zodEntry, true), await zodOf(bundling, preparingEntry, false)]
  const places = await placesOf(bundling.planFile, here, baseFor(bundling))
  const all: CodeBundle[] = []
  const { only } = bundling
  for (const made of functionsOf(system).filter(({ name }) => only?.includes(name) ?? true)) {
    const entry = entryOf(made, shape, bundling.planFile)
    const needs = needsOf(system, made, shape)
    const without = [leavingOut(needs), withoutOthers(places, made.name), lazily, nowhere, plain]
    const whole = await built(bundling, made.name, entry, [withoutZod(nothingPrepared, here), ...without], looking)
    const words = await wordsOf(whole.metafile, bundling.root)
    const prepared = await preparedFor(made.name, whole.files['index.js'] ?? new Uint8Array(), preparing, words)
    const apart = [aside(needs, here), ...clientsAside(here)]
    const both = await inFiles(bundling, made.name, entry, [withoutZod(prepared, here), ...without], apart)
    all.push(bundleOf(made, both, { ...both.files, [zodFile]: zod }, prepared))
  }
  return all
}

/** The first file, and beside it what is seldom needed, and what is needed later. */
async function inFiles(
  bundling: Bundling,
  name: string,
  entry: string,
  plugins: Plugin[],
  asides: readonly Aside[],
): Promise<Built> {
  const main = await built(bundling, name, entry, [...plugins, ...asides.map(({ first }) => first)])
  const all: Built[] = [main]
  for (const { file, second, entry: beside, check } of asides) {
    const contents = beside()
    if (contents === undefined) continue
    const outfile = `.groundplan/bundles/${name}/${file}`
    const more = await built(bundling, `${name}-${file}`, contents, [...plugins, second], {
      ...aroundSecond,
      outfile,
    })
    await check(main.metafile, more.metafile, bundling.root)
    all.push(more)
  }
  return {
    files: Object.assign({}, ...all.map(({ files }) => files)),
    beside: Object.assign({}, ...all.map(({ beside }) => beside)),
    metafile: main.metafile,
  }
}

function needsOf({ parts, services }: System, { name, rights }: BundledFunction, shape: PlanShape): Needs {
  const handlers = parts.handlers.filter(named => named.service.name === name)
  const callers = new Set(handlers.flatMap(({ handler }) => (handler.kind === 'endpoint' ? [handler.caller] : [])))
  const uses = parts.uses.filter(({ by }) => (isHandler(by) ? by.service.name === name : callers.has(by)))
  const isCarrier = name === carrier
  return {
    ...{
      rights,
      handlers,
      all: parts.handlers,
      uses,
      carries: isCarrier,
      alarms: isCarrier && parts.alarms.length > 0,
    },
    asks: services.some(each => (each.name === name ? each.asks.length > 0 : each.asks.includes(name))),
    cors: parts.gateways.some(({ gateway }) => gateway.service.name === name && gateway.cors !== undefined),
    databases: shapeFor({ name, rights }, shape).databases.length > 0,
  }
}

function bundleOf(
  { name }: BundledFunction,
  { beside, metafile }: Built,
  files: CodeBundle['files'],
  { readers, writers, later }: Prepared,
): CodeBundle {
  const ready = Object.keys(readers).length + Object.keys(writers).length
  return {
    ...{ name, parameter: idOf('Code', name), hash: hashOf(files), files, zip: zipOf(files), beside },
    parts: partsIn(metafile),
    schemas: { ready, later },
  }
}

interface Built extends Pick<CodeBundle, 'files' | 'beside'> {
  readonly metafile: Metafile
}

/** Nobody keeps it: it is made to find out what is asked of schemas. */
const looking = { minify: false, sourcemap: false } as const

async function built(
  bundling: Bundling,
  name: string,
  entry: string,
  plugins: Plugin[],
  more: BuildOptions = {},
): Promise<Built> {
  const { build } = await import('esbuild')
  const { outputFiles = [], metafile } = await build({
    ...optionsFor(name, entry, bundling),
    ...more,
    plugins,
    metafile: true,
  })
  const contents = outputFiles.map(({ path, contents }) => [fileName(path), contents] as const)
  const [beside, files] = [true, false].map(map => contents.filter(([file]) => file.endsWith('.map') === map))
  return { files: Object.fromEntries(files ?? []), beside: Object.fromEntries(beside ?? []), metafile }
}

/** Zod, in a file of its own. With its names where its functions are known by them. */
async function zodOf(bundling: Bundling, entry: string, minify: boolean): Promise<Uint8Array> {
  const { build } = await import('esbuild')
  // Its messages in all languages would be longer.
  const options = { ...optionsFor('zod', entry, bundling), minify, sourcemap: false, charset: 'utf8' } as const
  const { outputFiles } = await build(options)
  return outputFiles[0]?.contents ?? new Uint8Array()
}

/** Our own packages are found from here. */
const here = dirname(fileURLToPath(import.meta.url))

function optionsFor(name: string, entry: string, bundling: Bundling) {
  return {
    ...baseFor(bundling),
    stdin: { contents: entry, resolveDir: here, sourcefile: `${name}.ts`, loader: 'ts' },
    outfile: `.groundplan/bundles/${name}/index.js`,
    ...{ minify: true, write: false, metafile: true },
    // Of what is not caught Node shows the line, which is not to be all of the file.
    lineLimit: 300,
    // A letter beyond Latin would make V8 hold and read all of the file at two bytes a letter.
    ...{ charset: 'ascii', legalComments: 'none', sourcemap: 'external', sourcesContent: false },
  } as const satisfies BuildOptions
}

/** How the project's files are read. */
function baseFor({ root, conditions = [] }: Bundling) {
  return {
    absWorkingDir: root,
    ...{ bundle: true, treeShaking: true, format: 'cjs', platform: 'node', target: 'node20.19', logLevel: 'silent' },
    // Loaded where it is installed, which it is not here.
    external: ['pg-native', 'cloudflare:sockets'],
    conditions: [...conditions, 'module'],
    mainFields: ['module', 'main'],
  } as const satisfies BuildOptions
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
