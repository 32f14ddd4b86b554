/**
 * What a command is: its words for the help, its flags with their types, and what it does. One file a command.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { wrongUsage } from './errors.ts'
import { nearest } from './nearest.ts'
import type { Terminal } from './terminal.ts'

export type Flag =
  | { readonly type: 'boolean'; readonly help: string }
  /** `value` is how the help calls what follows, such as `<port>`. */
  | { readonly type: 'string'; readonly value: string; readonly help: string }

export type Flags = Readonly<Record<string, Flag>>

/** What was given: absent flags are undefined. */
export type Given<F extends Flags> = {
  readonly [Name in keyof F]?: F[Name]['type'] extends 'boolean' ? true : string
}

interface Words {
  readonly name: string
  readonly summary: string
  /** What follows the name, such as `[system…]`. */
  readonly takes?: string
  /** More to know, in whole sentences. */
  readonly about?: string
  /** Commands to copy, each with what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[]
}

interface Spec<F extends Flags> extends Words {
  readonly flags: F
  /** Gives the exit code. */
  run(given: Given<F>, names: readonly string[], terminal: Terminal): Promise<number>
}

/** A command once the types of its flags are erased. */
export interface Command extends Words {
  readonly flags: Flags
  /** The part of it that these arguments mean, where it has parts: for its help. */
  part?(args: readonly string[]): Command | undefined
  /** Understands the arguments after the command's name, and runs. Gives the exit code. */
  run(args: readonly string[], terminal: Terminal): Promise<number>
}

/** Declares a command. */
export function command<const F extends Flags>(spec: Spec<F>): Command {
  return {
    ...spec,
    run(args, terminal) {
      const { given, names } = understand(spec, args)
      return spec.run(given, names, terminal)
    },
  }
}

/** Splits arguments into flags and names. Throws a failure (wrong usage) that names what is nearest. */
export function understand<F extends Flags>(
  { name, flags, takes }: Pick<Spec<F>, 'name' | 'flags' | 'takes'>,
  args: readonly string[],
): { readonly given: Given<F>; readonly names: readonly string[] } {
  const { tokens } = parseArgs({ args, options: parserOptions(flags), strict: false, tokens: true })
  const given: Record<string, string | true> = {}
  const names: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') names.push(token.value)
    if (token.kind === 'option') given[token.name] = givenValue(name, flags, token)
  }
  if (takes === undefined && names[0] !== undefined) {
    throw wrongUsage(`"${name}" takes no "${names[0]}"`, `groundplan ${name} --help`)
  }
  // Each flag was looked up above, and has the value its type says.
  return { given: given as Given<F>, names }
}

function parserOptions(flags: Flags): NonNullable<ParseArgsConfig['options']> {
  return Object.fromEntries(Object.entries(flags).map(([flag, { type }]) => [flag, { type }]))
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function givenValue(command: string, flags: Flags, { name, rawName, value, inlineValue }: OptionToken): string | true {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  if (!flag) throw unknownFlag(command, flags, name, rawName)
  if (flag.type === 'boolean') {
    if (value !== undefined) throw wrongUsage(`${rawName} takes no value`, `groundplan ${command} ${rawName}`)
    return true
  }
  const missing = value === undefined || value === '' || (!inlineValue && value.startsWith('-'))
  if (missing) throw wrongUsage(`${rawName} needs a value`, `groundplan ${command} ${rawName} ${flag.value}`)
  return value
}

function unknownFlag(command: string, flags: Flags, name: string, rawName: string) {
  const meant = nearest(name, Object.keys(flags))
  const wayOut = meant === undefined ? `groundplan ${command} --help` : `did you mean --${meant}?`
  return wrongUsage(`"${command}" has no flag ${rawName}`, wayOut)
}

/** Commands by name, each loaded when it is asked for. */
export type Commands = Readonly<Record<string, () => Promise<Command>>>

/** Loads a command. Throws a failure (wrong usage) that names the nearest. */
export async function commandNamed(name: string, commands: Commands): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (load) return load()
  const meant = nearest(name, Object.keys(commands))
  const wayOut = meant === undefined ? 'groundplan help lists the commands' : `did you mean "groundplan ${meant}"?`
  throw wrongUsage(`There is no command "${name}"`, wayOut)
}
