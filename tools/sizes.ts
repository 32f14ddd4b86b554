/**
 * Functions of at most 70 lines, files of at most 600. Older offenders stand in sizes.json with their size,
 * and that list may only shrink: an offender that grew, a new one, and an entry that could be lower are complaints.
 */
import { readFileSync } from 'node:fs'
import { type Parsed, parse } from './source.ts'
import type { Complaint, SourceFile, Tree } from './tree.ts'

export const limits = { functionLines: 70, fileLines: 600 }

/** From `path` (a file) or `path#name` (a function in it) to its lines. */
export type KnownSizes = Readonly<Record<string, number>>

/** One file or function with its lines. */
interface Size {
  readonly key: string
  readonly place: string
  readonly lines: number
  readonly limit: number
}

export function knownSizes(): KnownSizes {
  return JSON.parse(readFileSync(new URL('./sizes.json', import.meta.url), 'utf8')) as KnownSizes // ours, committed
}

export function checkSizes(tree: Tree, known: KnownSizes): readonly Complaint[] {
  const sizes = tree.flatMap(file => [fileSize(file), ...functionSizes(file)])
  const tooLarge = largest(sizes.filter(size => size.lines > size.limit))
  const grown = [...tooLarge.values()].flatMap(size => grownComplaint(size, known[size.key]))
  const stale = Object.entries(known).flatMap(([key, lines]) => staleComplaint(key, lines, tooLarge.get(key)))
  return [...grown, ...stale]
}

function grownComplaint({ key, place, lines, limit }: Size, known: number | undefined): readonly Complaint[] {
  const name = key.split('#')[1]
  if (known !== undefined && lines <= known) return []
  const allowed = known === undefined ? `the limit is ${limit}` : `it had ${known}, and may only shrink`
  return [`${place}: ${name ? `function ${name}` : 'file'} has ${lines} lines; ${allowed}`]
}

function staleComplaint(key: string, lines: number, now: Size | undefined): readonly Complaint[] {
  if (now === undefined) return [`tools/sizes.json: "${key}" is within the limit or gone: remove the entry`]
  return now.lines < lines ? [`tools/sizes.json: "${key}" has only ${now.lines} lines now: lower the entry`] : []
}

/** Functions of one name in one file are one entry: the largest. */
function largest(sizes: readonly Size[]): ReadonlyMap<string, Size> {
  const byKey = new Map<string, Size>()
  for (const size of sizes) {
    if (size.lines > (byKey.get(size.key)?.lines ?? 0)) byKey.set(size.key, size)
  }
  return byKey
}

function fileSize({ path, text }: SourceFile): Size {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return { key: path, place: path, lines, limit: limits.fileLines }
}

interface Span {
  readonly name: string
  readonly from: number
  readonly to: number
  /** The body of `test(…)` or `describe(…)`: counted for itself, and not as part of what it stands in. */
  readonly isTestBody: boolean
}

function functionSizes(file: SourceFile): readonly Size[] {
  const spans = functionSpans(parse(file))
  return spans.map(span => ({
    key: `${file.path}#${span.name}`,
    place: `${file.path}:${span.from}`,
    lines: ownLines(span, spans),
    limit: limits.functionLines,
  }))
}

function ownLines(span: Span, all: readonly Span[]): number {
  const bodies = all.filter(other => other.isTestBody && within(other, span))
  const outermost = bodies.filter(body => !bodies.some(other => within(body, other)))
  return outermost.reduce((lines, body) => lines - (body.to - body.from + 1), span.to - span.from + 1)
}

function within(inner: Span, outer: Span): boolean {
  return inner !== outer && inner.from >= outer.from && inner.to <= outer.to
}

interface Located {
  readonly start: number
  readonly end: number
}

/** All functions of a file, named by what they are assigned to. */
function functionSpans({ visit, lineAt }: Parsed): readonly Span[] {
  const names = new Map<number, string>()
  const bodies = new Set<number>()
  const spans: Span[] = []
  const name = (start: number | undefined, given: string | undefined) => {
    if (start !== undefined && given !== undefined) names.set(start, given)
  }
  const add = (node: Located, own?: string | null) => {
    const given = own ?? names.get(node.start) ?? '(anonymous)'
    const span = { name: given, from: lineAt(node.start), to: lineAt(node.end), isTestBody: bodies.has(node.start) }
    spans.push(span)
  }
  visit({
    VariableDeclarator: node => name(node.init?.start, nameOf(node.id)),
    Property: node => name(node.value.start, nameOf(node.key)),
    PropertyDefinition: node => name(node.value?.start, nameOf(node.key)),
    MethodDefinition: node => name(node.value.start, nameOf(node.key)),
    CallExpression: node => {
      if (!testCallers.has(callerName(node.callee))) return
      for (const argument of node.arguments) bodies.add(argument.start)
    },
    FunctionDeclaration: node => add(node, node.id?.name),
    FunctionExpression: node => add(node, node.id?.name),
    ArrowFunctionExpression: node => add(node),
  })
  return spans
}

const testCallers = new Set(['test', 'it', 'describe', 'suite', 'bench'])

interface Syntax {
  readonly type: string
  readonly name?: unknown
  readonly value?: unknown
  readonly object?: Syntax
  readonly callee?: Syntax
}

/** `test` of `test(…)`, `test.skipIf(…)(…)`, `test.each(…)(…)`. */
function callerName(callee: Syntax): string {
  if (callee.type === 'MemberExpression' && callee.object) return callerName(callee.object)
  if (callee.type === 'CallExpression' && callee.callee) return callerName(callee.callee)
  return nameOf(callee) ?? ''
}

function nameOf(node: Syntax): string | undefined {
  const name = node.name ?? node.value
  return typeof name === 'string' ? name : undefined
}
