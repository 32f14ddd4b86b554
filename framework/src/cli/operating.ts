/**
 * What the commands of an operator share: which system and which thing of it somebody means, and asking before
 * something is lost.
 */
import type { Operator } from '../contract/operator.ts'
import { type AtHand, atHand, type Where } from './at-hand.ts'
import { envFlag } from './environments.ts'
import { Failure, wrongUsage } from './errors.ts'
import { loadProject, namesMeant, type Project } from './load.ts'
import { nearest } from './nearest.ts'
import { dataFlag } from './places.ts'
import type { Terminal } from './terminal.ts'

/** The flags of all these commands. */
export const operatingFlags = {
  json: { type: 'boolean', help: 'lines of JSON, for a machine' },
  env: envFlag,
  data: dataFlag,
} as const

/** The flag of what cannot be taken back. */
export const yesFlag = { type: 'boolean', help: 'does it without asking; needed where nobody can be asked' } as const

/** A system, and what is named in it: `storefront/orders`. */
export interface Meant {
  readonly system: string
  readonly thing: string
}

/** Does something with one system. */
export async function operating<Given>(
  terminal: Terminal,
  where: Where,
  meant: (project: Project) => string,
  work: (operator: Operator, system: string) => Promise<Given>,
): Promise<Given> {
  const project = await loadProject(terminal.folder)
  await using at: AtHand = await atHand(project, meant(project), terminal, where)
  return await work(at.operator, at.system)
}

/** Does something with one thing of a system, named `system/thing`. */
export async function operatingOn<Given>(
  terminal: Terminal,
  { name, usage, ...where }: { readonly name: string | undefined; readonly usage: string } & Where,
  work: (operator: Operator, meant: Meant) => Promise<Given>,
): Promise<Given> {
  const project = await loadProject(terminal.folder)
  const meant = meantIn(project, name, usage)
  await using at: AtHand = await atHand(project, meant.system, terminal, where)
  return await work(at.operator, meant)
}

/** Does the same with each of the systems that are named; with those that `start` starts where none is. */
export async function operatingEach(
  terminal: Terminal,
  where: Where,
  named: readonly string[],
  work: (operator: Operator, system: string) => Promise<void>,
): Promise<void> {
  const project = await loadProject(terminal.folder)
  const { systems, start = Object.keys(systems) } = project.config
  for (const system of namesMeant(project, named, start)) {
    await using at = await atHand(project, system, terminal, where)
    await work(at.operator, system)
  }
}

/** Splits `system/thing`; the system may be left away where the config has one only. */
export function meantIn(project: Project, name: string | undefined, usage: string): Meant {
  if (name === undefined) throw wrongUsage('It is not said which', usage)
  const { systems } = project.config
  const [first = '', ...rest] = name.split('/')
  const [only, ...others] = Object.keys(systems)
  if (Object.hasOwn(systems, first) && rest.length > 0) return { system: first, thing: rest.join('/') }
  if (only !== undefined && others.length === 0 && !Object.hasOwn(systems, first)) return { system: only, thing: name }
  if (rest.length === 0) throw wrongUsage(`"${name}" does not say of which system, or of what in it`, usage)
  namesMeant(project, [first], [])
  throw wrongUsage(`"${name}" names nothing`, usage)
}

/** A system, which may be left away where the config has one only. */
export function systemIn(project: Project, name: string | undefined, usage: string): string {
  const [only, ...others] = Object.keys(project.config.systems)
  if (name === undefined && only !== undefined && others.length === 0) return only
  if (name === undefined) throw wrongUsage('It is not said of which system', usage)
  return namesMeant(project, [name], [])[0] ?? name
}

/** The name that is meant: written in full, or the end of one alone, from a `.`, `/` or `-` on. */
export function completed(typed: string, names: readonly string[], what: string): string {
  if (names.includes(typed)) return typed
  const ending = names.filter(name => ['.', '/', '-'].some(mark => name.endsWith(mark + typed)))
  const [found, ...others] = ending
  if (found !== undefined && others.length === 0) return found
  if (others.length > 0) throw wrongUsage(`"${typed}" may be ${ending.join(' or ')}`, 'write it in full')
  const meant = nearest(typed, names)
  if (meant !== undefined) throw wrongUsage(`There is no ${what} "${typed}"`, `did you mean "${meant}"?`)
  throw wrongUsage(
    `There is no ${what} "${typed}"`,
    names.length > 0 ? `there are: ${names.join(', ')}` : 'there is none',
  )
}

/** Asks before something is lost. Throws a failure where nobody can be asked, or the answer is no. */
export async function sure(terminal: Terminal, yes: true | undefined, question: string): Promise<void> {
  if (yes) return
  if (!canAsk(terminal)) throw wrongUsage(`${question} Nobody can be asked here`, 'add --yes to do it')
  terminal.error(`${question} [y/N] `)
  const answer = await lineFrom(terminal)
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('Nothing was done', 'answer y to do it')
}

/** Whether somebody sits there: never in a pipeline. */
export function canAsk({ input, interactive, environment }: Terminal): boolean {
  return input.isTTY === true && interactive && !environment.CI
}

/** What somebody types up to the end of a line. */
export async function lineFrom({ input }: Terminal): Promise<string> {
  let line = ''
  for await (const chunk of input) {
    line += String(chunk)
    if (line.includes('\n')) break
  }
  return line
}
