/**
 * Source files that nothing leads to. What is an entry: what a package exports or runs, a system's plan and seed, a test, a
 * benchmark, a configuration file, a page of the web front, and what scripts and images name.
 *
 * A test does not keep alive the file it stands beside: code that only its own test uses is dead. In `tools/` tests
 * are all there is, so there it does.
 */
import { basename, dirname, join } from 'node:path/posix'
import { importGraph } from './graph.ts'
import { type Complaint, isCode, type Tree } from './tree.ts'
import { entriesOf, type Workspace } from './workspace.ts'

/** `mentions` are files that name programs by path: manifests, Makefile, CI, images. */
export function checkDeadFiles(tree: Tree, mentions: Tree, workspace: Workspace): readonly Complaint[] {
  const code = tree.filter(file => isCode(file.path))
  const paths = new Set(code.map(file => file.path))
  const missing = missingEntries(paths, workspace)
  if (missing.length > 0) return missing // without its entries nobody can tell what a package needs
  const graph = importGraph(code, workspace)
  const reached = new Set<string>()
  const waiting = [...entries([...paths], mentions, workspace)].filter(path => paths.has(path))
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    for (const { to } of graph.get(path) ?? []) {
      if (!isSubject(path, to)) waiting.push(to)
    }
  }
  return [...paths]
    .filter(path => !reached.has(path))
    .sort()
    .map(path => `${path}: nothing leads here: use it, export it or remove it`)
}

/** A package without any source has not been begun, and is not judged. */
function missingEntries(paths: ReadonlySet<string>, workspace: Workspace): readonly Complaint[] {
  const begun = workspace.manifests.filter(({ folder }) =>
    [...paths].some(path => path.startsWith(join(folder, 'src/'))),
  )
  return begun.flatMap(manifest =>
    [...new Set(entriesOf(manifest))]
      .filter(path => isCode(path) && !path.includes('*') && !paths.has(path))
      .map(path => `${join(manifest.folder, 'package.json')}: names ${path}, which does not exist`),
  )
}

function entries(paths: readonly string[], mentions: Tree, workspace: Workspace): ReadonlySet<string> {
  return new Set([
    ...paths.filter(isEntry),
    ...workspace.manifests.flatMap(entriesOf),
    ...mentions.flatMap(({ path, text }) => namedIn(path, text)),
  ])
}

const entryPatterns = [
  /\.test(-d)?\.tsx?$/,
  /\.config\.(ts|mts|mjs|js)$/,
  /\.d\.ts$/,
  /^systems\/[^/]+\/(plan|seed)\.ts$/,
  /^bench\//,
  /^web\/.*\/(page|layout|route|template|default|loading|error|global-error|not-found|icon|robots|sitemap|manifest)\.tsx?$/,
  /^web\/(src\/)?(instrumentation|middleware|proxy)\.ts$/,
]

function isEntry(path: string): boolean {
  return entryPatterns.some(pattern => pattern.test(path))
}

/** Paths of programs in a text, from the root or from the text's folder. */
function namedIn(path: string, text: string): readonly string[] {
  const named = text.match(/[\w@./-]+\.(?:mjs|js|ts|tsx)\b/g) ?? []
  return named.flatMap(name => [join(name), join(dirname(path), name)])
}

/** Whether `file` is what the test beside it is about. */
function isSubject(test: string, file: string): boolean {
  const stem = /^(.*)\.test(-d)?\.tsx?$/.exec(test)?.[1]
  if (stem === undefined || test.startsWith('tools/')) return false
  return dirname(test) === dirname(file) && basename(file).replace(/\.[cm]?[jt]sx?$/, '') === basename(stem)
}
