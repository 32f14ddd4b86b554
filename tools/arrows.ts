/** Imports against the arrows of the design (arrow-rules.ts). */
import { type ArrowRule, arrowRules, contractSuite, publicClient, scriptsForTests } from './arrow-rules.ts'
import { type Import, type Parsed, parse } from './source.ts'
import { type Complaint, isTest, type Tree } from './tree.ts'
import type { Workspace } from './workspace.ts'

/** The folders the rules are for. */
export const ruledFolders = ['framework/src', 'drivers', 'targets', 'console', 'systems', 'web']

/** All breaches in a tree, each with file, line and the rule. */
export function checkArrows(tree: Tree, workspace: Workspace): readonly Complaint[] {
  const files = tree.map(parse)
  const inPlans = reachedFromPlans(files, workspace)
  const unruled = files.filter(file => !ruleOf(file.path) && !isTest(file.path))
  return [
    ...unruled.map(({ path }) => `${path}: no rule in tools/arrow-rules.ts holds this folder`),
    ...files.flatMap(file => file.imports.flatMap(mention => importComplaints(file.path, mention, workspace, inPlans))),
  ]
}

function importComplaints(
  path: string,
  mention: Import,
  workspace: Workspace,
  inPlans: ReadonlySet<string>,
): readonly Complaint[] {
  const rule = ruleOf(path)
  if (!rule || mention.reference) return []
  const problem = broken(path, rule, mention, workspace) ?? brokenInPlan(path, mention, workspace, inPlans)
  return problem ? [`${path}:${mention.line}: imports "${mention.specifier}": ${problem}`] : []
}

/** The rule an import breaks, in words; nothing when it breaks none. */
function broken(path: string, rule: BoundRule, mention: Import, workspace: Workspace): string | undefined {
  const test = isTest(path)
  const target = workspace.resolve(path, mention.specifier)
  if (target.kind === 'node') return test || rule.node ? undefined : `${rule.own} may import no Node module`
  if (target.kind === 'package') {
    return packageAllowed(rule, target.name, mention.typeOnly, test)
      ? undefined
      : `${rule.own} may not import the package ${target.name}`
  }
  if (test && scriptsForTests.includes(target.path)) return undefined
  if (isOwnBarrel(path, target.path, workspace)) return 'import the file itself, not the barrel of its own package'
  if (target.path.startsWith(contractSuite) && !test && !path.startsWith(contractSuite)) {
    return 'contract/suite is for tests only'
  }
  if (target.relative && workspace.packageOf(path) !== workspace.packageOf(target.path)) {
    return 'another package is reached by its name, not by a path'
  }
  return fileAllowed(rule, target.path, test) ? undefined : `${rule.own} sees only ${seen(rule, test)}`
}

/** Plans run on every target; a client of the web does not. */
function brokenInPlan(
  path: string,
  mention: Import,
  workspace: Workspace,
  inPlans: ReadonlySet<string>,
): string | undefined {
  if (!inPlans.has(path)) return undefined
  const target = workspace.resolve(path, mention.specifier)
  return target.kind === 'file' && target.path === publicClient
    ? 'groundplan/client is not for plans: a service calls another through uses'
    : undefined
}

/** A rule with the `*` of its folder filled in. */
interface BoundRule extends ArrowRule {
  readonly own: string
}

function ruleOf(path: string): BoundRule | undefined {
  for (const rule of arrowRules) {
    const own = beginning(rule.in, path)
    if (own !== undefined) return { ...rule, own }
  }
  return undefined
}

function packageAllowed({ packages, types = [], tests }: BoundRule, name: string, typeOnly: boolean, test: boolean) {
  if (test) return tests === undefined || tests.packages.includes(name)
  if (typeOnly && types.includes(name)) return true
  if ('allBut' in packages) return !packages.allBut.some(engine => name === engine || isInScope(name, engine))
  return packages.includes(name)
}

function isInScope(name: string, scope: string): boolean {
  return scope.endsWith('/') && name.startsWith(scope)
}

function fileAllowed({ own, may, tests }: BoundRule, target: string, test: boolean): boolean {
  if (target.startsWith(own)) return true
  if (test && tests === undefined) return true
  return (test && tests ? tests.may : may).some(pattern => beginning(pattern, target) !== undefined)
}

function seen({ own, may, tests }: BoundRule, test: boolean): string {
  return [own, ...(test && tests ? tests.may : may)].join(', ')
}

/** The beginning of a path that a pattern stands for, its `*` filled in; nothing when it does not fit. */
function beginning(pattern: string, path: string): string | undefined {
  if (!pattern.endsWith('/') && !pattern.includes('*')) return path === pattern ? path : undefined
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]+')
  return new RegExp(`^${escaped}${pattern.endsWith('/') ? '' : '$'}`).exec(path)?.[0]
}

function isOwnBarrel(path: string, target: string, workspace: Workspace): boolean {
  if (!/(^|\/)index\.tsx?$/.test(target)) return false
  if (/(^|\/)index\.test(-d)?\.tsx?$/.test(path)) return false // the barrel's own test
  return workspace.packageOf(path) === workspace.packageOf(target)
}

/** The systems' files that a plan needs to run. */
function reachedFromPlans(files: readonly Parsed[], workspace: Workspace): ReadonlySet<string> {
  const byPath = new Map(files.map(file => [file.path, file]))
  const reached = new Set<string>()
  const waiting = files.map(file => file.path).filter(path => /^systems\/[^/]+\/plan\.ts$/.test(path))
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    for (const { specifier } of byPath.get(path)?.imports ?? []) {
      const target = workspace.resolve(path, specifier)
      if (target.kind === 'file' && target.path.startsWith('systems/')) waiting.push(target.path)
    }
  }
  return reached
}
