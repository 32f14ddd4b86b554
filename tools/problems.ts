/**
 * The closed list of problem codes, compared four ways: the table in the contract, the page in the docs, the codes
 * that the code throws, and those that docstrings promise.
 */
import { type Parsed, parse } from './source.ts'
import { type Complaint, isTest, type SourceFile, type Tree } from './tree.ts'

/** The helpers that throw a problem by its code, their first argument. */
export const throwingHelpers = new Set(['fault'])

export const tablePath = 'framework/src/contract/problem-table.ts'
export const pagePath = 'docs/problems.md'

const blames: readonly unknown[] = ['caller', 'author', 'engine']

/** Each row says whose fault it is, what it is called, and the HTTP status where a caller sees it. */
export function checkTable(table: Readonly<Record<string, unknown>>): readonly Complaint[] {
  return Object.entries(table).flatMap(([code, row]) =>
    rowComplaints(code, row).map(what => `${tablePath}: "${code}": ${what}`),
  )
}

function rowComplaints(code: string, row: unknown): readonly string[] {
  if (typeof row !== 'object' || row === null) return ['is no row']
  const { blame, status, title }: { blame?: unknown; status?: unknown; title?: unknown } = row
  return [
    ...(/^[a-z]+(-[a-z0-9]+)*$/.test(code) ? [] : ['a code is lower case with hyphens']),
    ...(blames.includes(blame) ? [] : [`blame must be one of ${blames.join(', ')}`]),
    ...(typeof title === 'string' && title !== '' ? [] : ['the title is missing']),
    ...(status === undefined || isErrorStatus(status) ? [] : ['status must be an HTTP status from 400 to 599']),
  ]
}

function isErrorStatus(status: unknown): boolean {
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599
}

/** Codes of the table and codes of the page: the same. */
export function checkPage(codes: readonly string[], page: string): readonly Complaint[] {
  const documented = documentedCodes(page)
  return [
    ...codes.filter(code => !documented.includes(code)).map(code => `${pagePath}: "${code}" is not documented`),
    ...documented.filter(code => !codes.includes(code)).map(code => `${pagePath}: "${code}" is no problem code`),
  ]
}

/** A code is documented where it heads a section or a row of a table, in backticks. */
function documentedCodes(page: string): readonly string[] {
  return [...page.matchAll(/^(?:#{2,6}\s+|\|\s*)`([^`]+)`/gm)].map(match => match[1] ?? '')
}

/** Every code that is thrown, and every code that a docstring names after "Problem codes:", is in the table. */
export function checkUses(tree: Tree, codes: readonly string[]): readonly Complaint[] {
  const code = tree.filter(file => !isTest(file.path))
  return [...code.map(parse).flatMap(thrownCodes), ...code.flatMap(promisedCodes)]
    .filter(({ code }) => !codes.includes(code))
    .map(({ code, place }) => `${place}: "${code}" is not in ${tablePath}`)
}

interface Use {
  readonly code: string
  readonly place: string
}

/** Literal codes given to the throwing helpers. */
function thrownCodes({ path, visit, lineAt }: Parsed): readonly Use[] {
  const found: Use[] = []
  visit({
    CallExpression: ({ callee, arguments: [first], start }) => {
      if (callee.type !== 'Identifier' || !throwingHelpers.has(callee.name)) return
      if (first?.type === 'Literal' && typeof first.value === 'string') {
        found.push({ code: first.value, place: `${path}:${lineAt(start)}` })
      }
    },
  })
  return found
}

/** Codes in backticks after "Problem codes:", to the end of the sentence. */
function promisedCodes({ path, text }: SourceFile): readonly Use[] {
  return [...text.matchAll(/\bProblem codes?:((?:\n\s*\*(?!\/)|\.\w|[^.*])*)/g)].flatMap(
    ({ 1: sentence = '', index }) =>
      [...sentence.matchAll(/`([a-z]+(?:-[a-z0-9]+)*)`/g)].map(match => ({
        code: match[1] ?? '',
        place: `${path}:${text.slice(0, index).split('\n').length}`,
      })),
  )
}
