/**
 * Schemas of a bundle: Zod is left out of its first file and lies beside, to be loaded when something is asked of a schema
 * that is not code already. What is asked of schemas while a function makes itself ready is found out by making it ready
 * once, here, in a thread of its own; those schemas become code in the bundle.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import { fault } from 'groundplan/target'
import { saidBy } from './thread.ts'

/** The file beside the first one that has Zod. */
export const zodFile = 'zod.js'

export const zodEntry = [
  "export * from 'zod'",
  "export { compileReader } from 'groundplan/reader'",
  "export { compileWriter } from 'groundplan/writer'",
  '',
].join('\n')

/** The same, with what makes schemas code. */
export const preparingEntry = `${zodEntry}export { kindNamesText, readerText, writerText } from 'groundplan/prepare'\n`

/** Schemas as code: texts by what they read and write. */
export interface Prepared {
  readonly readers: Readonly<Record<string, string>>
  readonly writers: Readonly<Record<string, string>>
  /** How many could not be made code. */
  readonly later: number
  /** The module that names what stand-ins know of Zod; undefined: as it is. */
  readonly names?: string
}

export const nothingPrepared: Prepared = { readers: {}, writers: {}, later: 0 }

const space = 'groundplan-schemas'
/** Who asks nothing of schemas has nothing of them. */
const asked = { namespace: space, sideEffects: false } as const

/** Puts a stand-in where Zod is imported, for what is ours and the project's; packages of others have Zod itself. */
export function withoutZod(prepared: Prepared, resolveDir: string): Plugin {
  const modules: Readonly<Record<string, string>> = {
    zod: "export { z, z as default } from 'schemas'",
    compile: "export { compileReader, compileWriter } from 'schemas'",
    schemas: schemasText,
    ready: readyText(prepared),
  }
  return {
    name: 'without-zod',
    setup(build) {
      build.onResolve({ filter: /^zod$/ }, ({ importer }) =>
        isOthers(importer) ? { path: `./${zodFile}`, external: true } : { path: 'zod', ...asked },
      )
      build.onResolve({ filter: /\/(?:reader|writer)\.[jt]s$/ }, ({ importer }) =>
        isOurs(importer) && !/\/compile\/[^/]+$/.test(importer) ? { path: 'compile', ...asked } : undefined,
      )
      build.onResolve({ filter: /^(?:schemas|ready)$/, namespace: space }, ({ path }) => ({ path, ...asked }))
      build.onResolve({ filter: /^\.\/zod\.js$/, namespace: space }, ({ path }) => ({ path, external: true }))
      build.onLoad({ filter: /\/compile\/ready\/kind-names\.[jt]s$/ }, () =>
        prepared.names === undefined ? undefined : { contents: prepared.names, loader: 'js' },
      )
      build.onLoad({ filter: /.*/, namespace: space }, ({ path }) => ({ contents: modules[path] ?? '', resolveDir }))
    },
  }
}

function isOthers(importer: string): boolean {
  return /\/node_modules\/(?!groundplan\/|@groundplan\/)/.test(importer)
}

/** Only the framework has readers and writers of that name, below `runtime`. */
function isOurs(importer: string): boolean {
  return /\/(?:runtime|http)\//.test(importer)
}

const schemasText = `
import { later, nameOf } from 'groundplan/later'
import { ready } from 'ready'
export const { z, compileReader, compileWriter } = later({
  ready,
  load: () => require('./${zodFile}'),
  digest: nameOf,
  asked: globalThis.groundplanAsked,
})
`

function readyText({ readers, writers }: Prepared): string {
  return `export const ready = { readers: {${members(readers)}}, writers: {${members(writers)}} }\n`
}

function members(texts: Readonly<Record<string, string>>): string {
  return Object.keys(texts)
    .sort()
    .map(key => `${JSON.stringify(key)}: ${texts[key]}`)
    .join(',\n')
}

/** Makes a function ready, and makes code of what it asks of schemas. */
const finding = `
const asked = []
globalThis.groundplanAsked = each => asked.push(each)
async function found() {
  const { handler } = require(folder + '/index.js')
  const ended = await Promise.resolve(handler({}, { getRemainingTimeInMillis: () => 60_000 })).catch(error => error)
  // An event that says nothing is refused by whoever is ready.
  if (ended?.code !== 'request-invalid') throw ended
  const { kindNamesText, readerText, writerText } = require(folder + '/${zodFile}')
  const readers = {}
  const writers = {}
  const later = new Set()
  for (const { key, does, options, real } of asked) {
    const text = key === undefined ? undefined : does === 'read' ? readerText(real(), options) : writerText(real())
    if (text === undefined) later.add(key ?? real())
    else (does === 'read' ? readers : writers)[key] = text
  }
  const names = kindNamesText(new Set(require(folder + '/words.json')))
  return { readers, writers, later: later.size, names }
}
found().then(told, failed)
`

/** As a member, or taken out: `z.string`, `const { string } = z`. */
const reading = /\.\s*([A-Za-z_$][\w$]*)|\{([^{}]*)\}\s*=/g

/**
 * Names that are read from something in what a bundle was made of; packages of others have Zod itself. Who reads a name in
 * any other way makes Zod load, and has it. `root`: what its paths begin at.
 */
export async function wordsOf({ inputs }: { readonly inputs: object }, root: string): Promise<readonly string[]> {
  const words = new Set<string>()
  for (const path of Object.keys(inputs)) {
    const isText = !path.includes(':') && existsSync(join(root, path)) && !/\/kind-names\.[jt]s$/.test(path)
    if (!isText || isOthers(`/${path}`)) continue
    for (const [, member, taken] of (await readFile(join(root, path), 'utf8')).matchAll(reading)) {
      for (const word of (member ?? taken ?? '').split(/[^\w$]+/)) if (word !== '') words.add(word)
    }
  }
  return [...words].sort()
}

/** `index` and `zod`: texts of the two files; `words`: those of what the first was made of. Faults: `unsupported`, where the function cannot make itself ready. */
export function preparedFor(
  name: string,
  index: Uint8Array,
  zod: Uint8Array,
  words: readonly string[],
): Promise<Prepared> {
  const files = { 'index.js': index, [zodFile]: zod, 'words.json': JSON.stringify(words) }
  return saidBy<Prepared>(finding, files).catch(why => {
    throw fault('unsupported', `the function "${name}" cannot make itself ready: ${why}`)
  })
}
