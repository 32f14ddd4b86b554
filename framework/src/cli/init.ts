/**
 * `groundplan init`: a new system from the template, in an empty folder or beside others. It never overwrites: what is
 * there stays as it is, and what it would need is said.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { command } from './command.ts'
import { exitCodes, Failure, wrongUsage } from './errors.ts'
import { loadProject, type Project } from './load.ts'
import { paint, type Terminal } from './terminal.ts'
import { ownVersion } from './version.ts'
import { withSystem } from './with-system.ts'

/** What stands in files and their names for what is known when they are written. */
type Words = Readonly<Record<'__name__' | '__version__', string>>

/** A file to be written: its path from the project's folder, and its text. */
interface NewFile {
  readonly path: string
  readonly text: string
}

export const init = command({
  name: 'init',
  summary: 'Writes a new system, in an empty folder or beside others',
  takes: '[name]',
  about:
    'A guest book to begin with: a table, a queue, endpoints and their tests, in systems/<name>. In a folder without a\n' +
    'groundplan.config.ts it also writes what a project needs. Nothing that is there is overwritten.',
  flags: { json: { type: 'boolean', help: 'one line of JSON: what was written, and what to do next' } },
  examples: [
    ['mkdir guests && cd guests && npx groundplan init', 'a project with one system, named as the folder'],
    ['groundplan init invoices', 'another system of this project'],
  ],
  async run({ json }, [given, ...more], terminal) {
    if (more.length > 0) throw wrongUsage('"init" takes one name', `groundplan init ${given}`)
    const project = await projectHere(terminal.folder)
    const root = project?.root ?? resolve(terminal.folder)
    const words = { __name__: nameFrom(given, root), __version__: await ownVersion() }
    const files = await filesOf('system', words, `systems/${words.__name__}/`)
    refuseExisting(project, root, words.__name__, files)
    const around = project ? [] : await filesOf('project', words, '')
    const added = project ? await addedTo(project, words.__name__) : undefined
    const written = await writeAll(root, [...around, ...files])
    const kept = around.filter(({ path }) => !written.includes(path)).map(({ path }) => path)
    const next = nextSteps(words, kept, project === undefined, added)
    if (json) terminal.out(`${JSON.stringify({ event: 'written', root, files: written, next })}\n`)
    else say(terminal, root, written, next)
    return exitCodes.done
  },
})

/** The project that a folder belongs to, if there is one. */
async function projectHere(folder: string): Promise<Project | undefined> {
  const has = (place: string): boolean =>
    ['ts', 'mts', 'js', 'mjs'].some(ending => existsSync(join(place, `groundplan.config.${ending}`)))
  for (let place = resolve(folder); ; place = dirname(place)) {
    if (has(place)) return await loadProject(place)
    if (dirname(place) === place) return undefined
  }
}

function nameFrom(given: string | undefined, root: string): string {
  const name =
    given ??
    basename(root)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^[^a-z]+|-+$/g, '')
  if (/^[a-z][a-z0-9-]*$/.test(name) && name.length <= 40) return name
  const wayOut = 'use a-z, 0-9 and -, beginning with a letter, at most 40: groundplan init guests'
  throw wrongUsage(given === undefined ? 'The system needs a name' : `"${given}" is no name of a system`, wayOut)
}

function refuseExisting(project: Project | undefined, root: string, name: string, files: readonly NewFile[]): void {
  if (project && Object.hasOwn(project.config.systems, name)) {
    throw new Failure(`${project.file} has a system "${name}" already`, 'choose another name: groundplan init <name>')
  }
  const there = files.filter(({ path }) => existsSync(join(root, path))).map(({ path }) => path)
  if (there.length === 0) return
  throw new Failure(`These files are there already: ${there.join(', ')}`, 'choose another name: groundplan init <name>')
}

// ---------- files

const templates = fileURLToPath(new URL('../../templates/', import.meta.url))

/** The files of a template, with their words. npm leaves some names out of packages: those begin with `_`. */
async function filesOf(template: 'project' | 'system', words: Words, below: string): Promise<readonly NewFile[]> {
  const folder = join(templates, template)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const files = paths.sort().map(async path => {
    const from = relative(folder, path).replaceAll('\\', '/')
    const named = filled(from, words)
      .replace(/(^|\/)_(?=gitignore$)/, '$1.')
      .replace(/(^|\/)_(?=package)/, '$1')
    return { path: below + named, text: filled(await readFile(path, 'utf8'), words) }
  })
  return (await Promise.all(files)).map(file => asConfig(file, words))
}

function filled(text: string, words: Words): string {
  return text.replaceAll('__name__', words.__name__).replaceAll('__version__', words.__version__)
}

function asConfig(file: NewFile, { __name__ }: Words): NewFile {
  if (file.path !== 'groundplan.config.ts') return file
  return { ...file, text: withSystem(file.text, __name__, planOf(__name__)) ?? file.text }
}

function planOf(name: string): string {
  return `./systems/${name}/plan.ts`
}

/** Those that were not there. */
async function writeAll(root: string, files: readonly NewFile[]): Promise<readonly string[]> {
  const written: string[] = []
  for (const { path, text } of files) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    try {
      await writeFile(join(root, path), text, { flag: 'wx' })
      written.push(path)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
  return written
}

// ---------- the config

/** Adds a system to the config; gives the line to add where it is written in a way that cannot be added to safely. */
async function addedTo(project: Project, name: string): Promise<string | undefined> {
  const path = join(project.root, project.file)
  const text = await readFile(path, 'utf8')
  const longer = withSystem(text, name, planOf(name))
  if (longer === undefined) return `add to \`systems\` in ${project.file}:  '${name}': '${planOf(name)}',`
  await writeFile(path, longer)
  const systems = { ...project.config.systems, [name]: planOf(name) }
  const now = await loadProject(project.root).catch(() => undefined)
  if (now && isSame(now.config, { ...project.config, systems })) return undefined
  await writeFile(path, text)
  return `add to \`systems\` in ${project.file}:  '${name}': '${planOf(name)}',`
}

function isSame(left: Project['config'], right: Project['config']): boolean {
  const sorted = ({ systems, ...rest }: Project['config']): string =>
    JSON.stringify([Object.entries(systems).sort(), Object.entries(rest).sort()])
  return sorted(left) === sorted(right)
}

// ---------- what is said

function nextSteps(
  { __name__, __version__ }: Words,
  kept: readonly string[],
  isNew: boolean,
  added: string | undefined,
): readonly string[] {
  return [
    ...(added === undefined ? [] : [added]),
    ...(kept.includes('package.json')
      ? [
          'set "type": "module" in package.json, which was there already',
          `npm install groundplan@^${__version__} zod && npm install --save-dev vitest typescript @types/node@20`,
        ]
      : isNew
        ? ['npm install']
        : []),
    `npx groundplan dev ${__name__} --seed`,
  ]
}

function say({ out, colours }: Terminal, root: string, written: readonly string[], next: readonly string[]): void {
  const ink = paint(colours)
  for (const path of written) out(`${ink.green('wrote')} ${path}\n`)
  out(`\nIn ${root}, next:\n${next.map(step => `  ${ink.cyan(step)}\n`).join('')}`)
}
