/**
 * `groundplan bundle`: the code of functions as files, with their sizes. A deployment makes them by itself: this is to look
 * at them, or to send them another way.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { CodeBundle } from '../contract/code-bundle.ts'
import { columns } from './columns.ts'
import { command } from './command.ts'
import { Failure } from './errors.ts'
import { loadProject, loadSystems, namesMeant } from './load.ts'
import { environmentFlag, targetsMeant } from './shipping.ts'
import { paint, type Terminal } from './terminal.ts'

export const bundle = command({
  name: 'bundle',
  summary: 'Makes the code of functions: one file for each, with its size',
  takes: '[system…]',
  about:
    'The same input gives the same bytes. Beside each file lies its source map, and the zip that a deployment sends.\n' +
    'Schemas are made code where they can be; others are read by Zod, which lies beside and is loaded when it is needed.',
  flags: {
    env: environmentFlag,
    out: { type: 'string', value: '<folder>', help: 'where they go (.groundplan/bundles)' },
    parts: { type: 'boolean', help: 'what each is made of' },
    json: { type: 'boolean', help: 'one line of JSON for each bundle' },
  },
  examples: [
    ['groundplan bundle storefront --env production', 'into .groundplan/bundles/storefront/production/<service>/'],
    ['groundplan bundle --env production --parts', 'to see what makes them large'],
  ],
  async run({ env, out, parts = false, json = false }, named, terminal) {
    const project = await loadProject(terminal.folder)
    const targets = targetsMeant(project, env)
    const { systems, start = Object.keys(systems) } = project.config
    const { root } = project
    for (const { plan, file } of await loadSystems(project, namesMeant(project, named, start))) {
      for (const [environment, target] of targets) {
        if (!target.bundles) throw new Failure(`${target.name} runs no code of bundles`, 'groundplan synth')
        const made = await target.bundles({ plan, environment, root, planFile: resolve(root, file) })
        const above = out === undefined ? join(root, '.groundplan/bundles') : resolve(terminal.folder, out)
        const folder = join(above, plan.name, environment)
        write(folder, made)
        const at = { system: plan.name, environment, folder: relative(terminal.folder, folder) || '.' }
        terminal.out(json ? lines(made, at) : text(made, at, parts, terminal))
      }
    }
    return 0
  },
})

/** What lay there goes: a service that is gone leaves nothing behind. */
function write(folder: string, bundles: readonly CodeBundle[]): void {
  rmSync(folder, { recursive: true, force: true })
  for (const { name, files, beside, zip } of bundles) {
    for (const [file, content] of Object.entries({ ...files, ...beside })) put(join(folder, name, file), content)
    put(join(folder, `${name}.zip`), zip)
  }
}

function put(path: string, content: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

interface At {
  readonly system: string
  readonly environment: string
  readonly folder: string
}

function lines(bundles: readonly CodeBundle[], at: At): string {
  return bundles
    .map(({ name, hash, files, zip, parts, schemas }) => {
      const bytes = Object.fromEntries(Object.entries(files).map(([file, { length }]) => [file, length]))
      return `${JSON.stringify({ ...at, name, hash, bytes, zipBytes: zip.length, schemas, parts: Object.fromEntries(parts) })}\n`
    })
    .join('')
}

function text(bundles: readonly CodeBundle[], at: At, parts: boolean, terminal: Terminal): string {
  const ink = paint(terminal.colours)
  if (bundles.length === 0) return `${ink.bold(`${at.system}, ${at.environment}`)}: no service runs as a function\n`
  const head = ['function', 'KB', 'gzip KB', 'zip KB', 'schemas ready', 'hash']
  const rows = bundles.map(({ name, files, zip, schemas, hash }) => {
    const code = files['index.js'] ?? new Uint8Array()
    const ready = `${schemas.ready} of ${schemas.ready + schemas.later}`
    return [name, inKb(code.length), inKb(gzipSync(code).length), inKb(zip.length), ready, hash.slice(0, 12)]
  })
  const made = parts ? bundles.map(each => `\n${ink.bold(each.name)}\n${partsText(each, terminal)}`).join('') : ''
  return `${ink.bold(`${at.system}, ${at.environment}`)}  ${ink.dim(at.folder)}\n${columns(head, rows, terminal)}${made}`
}

function partsText({ parts }: CodeBundle, terminal: Terminal): string {
  const largest = parts.slice(0, mostParts).map(([name, bytes]) => [name, inKb(bytes)])
  return columns(['of', 'KB'], largest, terminal)
}

const mostParts = 20

function inKb(bytes: number): number {
  return Math.ceil(bytes / 1_024)
}
