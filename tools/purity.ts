/**
 * What a single file may not do: take time or chance from anywhere but the contract's Clock, read
 * `process.env`, keep state at module level.
 */
import type { BindingPattern, VisitorObject } from 'oxc-parser'
import { clocks, mayReadEnvironment, onTheClock } from './arrow-rules.ts'
import { type Parsed, parse } from './source.ts'
import { type Complaint, isTest, type Tree } from './tree.ts'

/** All breaches in a tree, each with file, line and the rule. Tests are free. */
export function checkPurity(tree: Tree): readonly Complaint[] {
  return tree
    .filter(file => !isTest(file.path))
    .map(parse)
    .flatMap(file => [...clockComplaints(file), ...environmentComplaints(file), ...stateComplaints(file)])
}

// ---------- time and chance

const timers = new Set(['setTimeout', 'setInterval'])
const clockMembers = new Set(['Date.now', 'Math.random', 'AbortSignal.timeout'])
const timerModules = new Set(['timers', 'timers/promises'])

function clockComplaints(file: Parsed): readonly Complaint[] {
  const ruled = onTheClock.some(folder => file.path.startsWith(folder))
  if (!ruled || clocks.includes(file.path)) return []
  const found: [number, string][] = []
  const add = (start: number, what: string) => found.push([start, what])
  file.visit({
    ImportDeclaration: node => {
      const module = node.source.value.replace(/^node:/, '')
      if (timerModules.has(module)) add(node.start, `"${node.source.value}"`)
    },
    MemberExpression: node => {
      const name = memberName(node)
      if (name && clockMembers.has(name)) add(node.start, name)
    },
    NewExpression: node => {
      if (isGlobal(node.callee, 'Date') && node.arguments.length === 0) add(node.start, 'new Date()')
    },
    CallExpression: node => {
      if (isGlobal(node.callee, 'Date')) add(node.start, 'Date()')
      if (node.callee.type === 'Identifier' && timers.has(node.callee.name)) add(node.start, node.callee.name)
      for (const argument of node.arguments) {
        if (argument.type === 'Identifier' && timers.has(argument.name)) add(argument.start, argument.name)
      }
      const member = node.callee.type === 'MemberExpression' ? memberName(node.callee) : undefined
      if (member && /^(globalThis|global)\.set(Timeout|Interval)$/.test(member)) add(node.start, member)
    },
  })
  return found.map(
    ([start, what]) =>
      `${file.path}:${file.lineAt(start)}: ${what}: time and chance come in through the contract's Clock`,
  )
}

interface Named {
  readonly type: string
  readonly name?: unknown
}

function isGlobal(node: Named, name: string): boolean {
  return node.type === 'Identifier' && node.name === name
}

/** `Date.now`, `process.env`: an identifier's member, computed or not. */
function memberName(node: {
  readonly object: Named
  readonly property: Named & { readonly value?: unknown }
}): string | undefined {
  const { object, property } = node
  if (object.type !== 'Identifier') return undefined
  const member = property.type === 'Identifier' ? property.name : property.value
  return typeof member === 'string' ? `${object.name}.${member}` : undefined
}

// ---------- hidden input

function environmentComplaints(file: Parsed): readonly Complaint[] {
  if (mayReadEnvironment.some(folder => file.path.startsWith(folder))) return []
  const found: number[] = []
  file.visit({
    MemberExpression: node => {
      if (memberName(node) === 'process.env') found.push(node.start)
    },
    VariableDeclarator: node => {
      const fromProcess = node.init !== null && isGlobal(node.init, 'process') && node.id.type === 'ObjectPattern'
      if (fromProcess && takes(node.id, 'env')) found.push(node.start)
    },
    ImportDeclaration: node => {
      const fromProcess = node.source.value.replace(/^node:/, '') === 'process'
      const names = node.specifiers.map(specifier =>
        specifier.type === 'ImportSpecifier' ? specifier.imported : specifier,
      )
      if (fromProcess && names.some(name => isGlobal(name, 'env'))) found.push(node.start)
    },
  })
  const rule = `process.env is read by ${mayReadEnvironment.join(', ')} only`
  return found.map(start => `${file.path}:${file.lineAt(start)}: ${rule}`)
}

interface Pattern {
  readonly type: string
  readonly properties?: readonly { readonly type: string; readonly key?: Named }[]
}

function takes(pattern: Pattern, name: string): boolean {
  return (pattern.properties ?? []).some(property => property.key !== undefined && isGlobal(property.key, name))
}

// ---------- module-level state

function stateComplaints(file: Parsed): readonly Complaint[] {
  if (file.path.startsWith('web/')) return []
  const found: [number, string][] = []
  file.visit(moduleState((start, what) => found.push([start, what])))
  return found.map(([start, what]) => `${file.path}:${file.lineAt(start)}: ${what}: no state at module level`)
}

/** Sees `let` and `var` at module level, and maps and sets that begin empty there: nothing but state to be filled. */
function moduleState(add: (start: number, what: string) => void): VisitorObject {
  return {
    Program: node => {
      for (const statement of node.body) {
        const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
        if (declared?.type !== 'VariableDeclaration' || declared.declare) continue
        if (declared.kind === 'let' || declared.kind === 'var') add(declared.start, declared.kind)
        for (const { id, init, start } of declared.declarations) {
          if (init && isEmptyCollection(init) && !isReadonly(id)) add(start, 'an empty collection')
        }
      }
    },
  }
}

function isEmptyCollection(init: {
  readonly type: string
  readonly callee?: Named
  readonly arguments?: readonly unknown[]
}): boolean {
  if (init.type !== 'NewExpression' || init.arguments?.length !== 0 || !init.callee) return false
  return isGlobal(init.callee, 'Map') || isGlobal(init.callee, 'Set')
}

/** `const none: ReadonlyMap<string, Item> = new Map()` is a value, not a state. */
function isReadonly(id: BindingPattern): boolean {
  const type = id.typeAnnotation?.typeAnnotation
  return (
    type?.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name.startsWith('Readonly')
  )
}
