/**
 * Prose that is checked: paths named in Markdown exist, code blocks that name their source equal it, every
 * dependency has its reason in docs/dependencies.md.
 *
 * A block names its source in a comment right before it: `<!-- from systems/counter/plan.ts -->` for the whole
 * file, `<!-- from systems/counter/plan.ts#sell -->` for what stands in it between `// #region sell` and
 * `// #endregion sell`.
 */
import { dirname, join } from 'node:path/posix'
import { type CodeBlock, type Located, type Page, readPage } from './markdown.ts'
import type { Complaint, Tree } from './tree.ts'
import type { Manifest } from './workspace.ts'

/** The folders of the root: a name in backticks that begins with one is a path. */
const rootFolders = new Set([
  ...['.ci', 'accounts', 'bench', 'console', 'docs', 'drivers', 'framework', 'scripts'],
  ...['systems', 'targets', 'tools', 'web'],
])

/** Where a short path such as `contract/queue.ts` may be meant from, besides the root and the page's folder. */
const shorthandBases = ['framework/src']

// ---------- paths

/** Complaints about links, and names in backticks, that lead to no file or folder. `paths` are all files there are. */
export function checkPaths(pages: Tree, paths: Iterable<string>): readonly Complaint[] {
  const known = withFolders(paths)
  return pages
    .map(readPage)
    .flatMap(page => [
      ...page.links.filter(({ text }) => !linkLeads(page, text, known)).map(missing(page)),
      ...page.code.filter(({ text }) => !nameLeads(page, text, known)).map(missing(page)),
    ])
}

function missing({ path }: Page): (mention: Located) => Complaint {
  return ({ text, line }) => `${path}:${line}: "${text}" does not exist`
}

function withFolders(paths: Iterable<string>): ReadonlySet<string> {
  const known = new Set<string>(['.'])
  for (const path of paths) {
    for (let part = path; part !== '.' && !known.has(part); part = dirname(part)) known.add(part)
  }
  return known
}

function linkLeads({ path }: Page, target: string, known: ReadonlySet<string>): boolean {
  if (/^([a-z]+:|#|\/\/)/i.test(target)) return true
  const [file = ''] = target.split(/[?#]/)
  const base = file.startsWith('/') ? '.' : dirname(path)
  return known.has(tidy(join(base, decodeURI(file))))
}

/** Whether a name in backticks is no path of ours, or one that exists. */
function nameLeads({ path }: Page, name: string, known: ReadonlySet<string>): boolean {
  const written = name.replace(/:\d+(-\d+)?$/, '')
  if (!/^(\.{1,2}\/)?[\w.@*-]+(\/[\w.@*()[\]-]+)+\/?$/.test(written) || isLocal(written)) return true
  const bases = written.startsWith('.') ? [dirname(path), '.'] : ['.', dirname(path), ...shorthandBases]
  const [first = ''] = written.replace(/^\.\//, '').split('/')
  const ours = rootFolders.has(first) || (isFile(written) && bases.some(base => known.has(join(base, first))))
  return !ours || bases.some(base => exists(tidy(join(base, written)), known))
}

/** What a run or an install makes; never committed. */
function isLocal(path: string): boolean {
  return /(^|\/)(node_modules|dist|coverage|\.groundplan|\.next|\.open-next)(\/|$)/.test(path)
}

function isFile(path: string): boolean {
  return /\.(ts|tsx|mjs|js|json|md|ya?ml|sql|sh|css|html|svg|png)$/.test(path)
}

function exists(path: string, known: ReadonlySet<string>): boolean {
  if (!path.includes('*')) return known.has(path)
  const pattern = new RegExp(`^${path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`)
  return [...known].some(candidate => pattern.test(candidate))
}

function tidy(path: string): string {
  return path.replace(/\/$/, '') || '.'
}

// ---------- code blocks

/** Complaints about blocks that differ from the source they name. */
export function checkBlocks(pages: Tree, textOf: (path: string) => string | undefined): readonly Complaint[] {
  return pages.map(readPage).flatMap(page =>
    page.blocks.flatMap(block => {
      const complaint = blockComplaint(block, textOf)
      return complaint === undefined ? [] : [`${page.path}:${block.line}: ${complaint}`]
    }),
  )
}

function blockComplaint(block: CodeBlock, textOf: (path: string) => string | undefined): string | undefined {
  if (block.source === undefined) return undefined
  const [path = '', region] = block.source.split('#')
  const text = textOf(path)
  if (text === undefined) return `the block is from ${path}, which does not exist`
  const source = region === undefined ? text : regionOf(text, region)
  if (source === undefined) return `${path} has no "// #region ${region}"`
  return plain(source) === plain(block.text) ? undefined : `the block differs from ${block.source}`
}

function regionOf(text: string, name: string): string | undefined {
  const lines = text.split('\n')
  const from = lines.findIndex(line => line.trim() === `// #region ${name}`)
  const to = lines.findIndex(line => line.trim() === `// #endregion ${name}`)
  return from >= 0 && to > from ? lines.slice(from + 1, to).join('\n') : undefined
}

/** Without region marks, common indentation and empty lines around. */
function plain(text: string): string {
  const lines = text.split('\n').filter(line => !/^\s*\/\/ #(end)?region\b/.test(line))
  const indents = lines.filter(line => line.trim() !== '').map(line => line.length - line.trimStart().length)
  const common = Math.min(...indents)
  return lines
    .map(line => line.slice(common).trimEnd())
    .join('\n')
    .trim()
}

// ---------- dependencies

/** A row with one package or several in backticks, and a reason. */
const reasonRow = /^\|((?:\s*`[^`]+`\s*,?)+)\|\s*[^\s|]/gm

function namesOf(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1] ?? '')
}

/** Complaints about dependencies without a reason on the page, and reasons without a dependency. */
export function checkDependencies(page: string, manifests: readonly Manifest[]): readonly Complaint[] {
  const own = new Set(manifests.map(({ name }) => name))
  const used = new Set(manifests.flatMap(namesIn).filter(name => !own.has(name)))
  const listed = new Set([...page.matchAll(reasonRow)].flatMap(([, names = '']) => namesOf(names)))
  const place = 'docs/dependencies.md'
  return [
    ...[...used].filter(name => !listed.has(name)).map(name => `${place}: no reason for the dependency ${name}`),
    ...[...listed].filter(name => !used.has(name)).map(name => `${place}: ${name} is no dependency any more`),
  ].sort()
}

function namesIn(manifest: Manifest): readonly string[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies })
}
