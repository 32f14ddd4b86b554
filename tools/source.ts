/** What the checks need to know of one source file: what it imports, and its syntax tree. */
import { type Program, parseSync, Visitor, type VisitorObject } from 'oxc-parser'
import type { SourceFile } from './tree.ts'

/** One mention of another module. */
export interface Import {
  /** As written: `./table.ts`, `zod`, `node:fs`. */
  readonly specifier: string
  readonly line: number
  /** Erased before the program runs: `import type`, `export type`, `import('x').T` as a type. */
  readonly typeOnly: boolean
  /** Not an import, but a file the program opens: `new URL('./worker.ts', import.meta.url)`. */
  readonly reference: boolean
}

export interface Parsed {
  readonly path: string
  readonly imports: readonly Import[]
  /** Walks the syntax tree. */
  visit(visitor: VisitorObject): void
  /** The line (from 1) of an offset. */
  lineAt(offset: number): number
}

/** Parses a file. A syntax error stops the check: the compiler says more about it. */
export function parse({ path, text }: SourceFile): Parsed {
  const { program, errors } = parseSync(path, text)
  const fatal = errors.find(error => error.severity === 'Error')
  if (fatal) throw new Error(`${path}: ${fatal.message}`)
  const lineAt = lineFinder(text)
  const visit = (visitor: VisitorObject) => new Visitor(visitor).visit(program)
  return { path, imports: importsOf(program, lineAt), visit, lineAt }
}

function importsOf(program: Program, lineAt: (offset: number) => number): readonly Import[] {
  const found: Import[] = []
  const add = (source: Sourced | null, start: number, typeOnly: boolean, reference = false) => {
    const specifier = textOf(source)
    if (specifier !== undefined) found.push({ specifier, line: lineAt(start), typeOnly, reference })
  }
  const visitor: VisitorObject = {
    ImportDeclaration: node => add(node.source, node.start, node.importKind === 'type'),
    ExportAllDeclaration: node => add(node.source, node.start, node.exportKind === 'type'),
    ExportNamedDeclaration: node => add(node.source, node.start, node.exportKind === 'type'),
    ImportExpression: node => add(node.source, node.start, false),
    TSImportType: node => add(node.source, node.start, true),
    CallExpression: node => {
      const [argument] = node.arguments
      if (node.callee.type === 'Identifier' && node.callee.name === 'require' && argument)
        add(argument, node.start, false)
    },
    NewExpression: node => {
      const [path, base] = node.arguments
      const isUrl = node.callee.type === 'Identifier' && node.callee.name === 'URL'
      if (isUrl && path && base?.type === 'MemberExpression') add(path, node.start, false, true)
    },
  }
  new Visitor(visitor).visit(program)
  return found
}

interface Sourced {
  readonly type: string
  readonly value?: unknown
}

function textOf(source: Sourced | null): string | undefined {
  return source?.type === 'Literal' && typeof source.value === 'string' ? source.value : undefined
}

/** A function from offset to line, by bisection over the starts of lines. */
function lineFinder(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return offset => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}
