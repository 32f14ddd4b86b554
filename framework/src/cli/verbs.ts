/**
 * Commands that have verbs: `groundplan queue peek …`. Each verb is a command of its own, with its flags and help.
 */
import type { Command } from './command.ts'
import { wrongUsage } from './errors.ts'
import { nearest } from './nearest.ts'

interface Group {
  readonly name: string
  readonly summary: string
  /** What the verbs share, in whole sentences. */
  readonly about: string
}

/** Declares a command of verbs; each is named `<command> <verb>`. */
export function group({ name, summary, about }: Group, verbs: readonly Command[]): Command {
  const verbOf = (each: Command): string => each.name.slice(name.length + 1)
  const names = verbs.map(verbOf)
  const part = (args: readonly string[]): Command | undefined => verbs.find(each => verbOf(each) === args[0])
  const width = Math.max(...verbs.map(({ name, takes = '' }) => `${name} ${takes}`.length))
  const lines = verbs.map(each => `  ${`${each.name} ${each.takes ?? ''}`.padEnd(width)}  ${each.summary}`)
  return {
    name,
    summary,
    takes: `<${names.join('|')}>`,
    about: `${about}\n\n${lines.join('\n')}`,
    flags: {},
    examples: verbs.flatMap(({ examples }) => examples.slice(0, 1)),
    part,
    async run(args, terminal) {
      const verb = part(args)
      if (verb) return verb.run(args.slice(1), terminal)
      throw unknownVerb(name, args[0], names)
    },
  }
}

function unknownVerb(name: string, given: string | undefined, verbs: readonly string[]): Error {
  if (given === undefined || given.startsWith('-')) {
    return wrongUsage(`"${name}" needs a verb: ${verbs.join(', ')}`, `groundplan ${name} --help`)
  }
  const meant = nearest(given, verbs)
  const wayOut = meant === undefined ? `groundplan ${name} --help` : `did you mean "groundplan ${name} ${meant}"?`
  return wrongUsage(`"${name}" has no verb "${given}"`, wayOut)
}
