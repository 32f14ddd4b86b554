/**
 * `groundplan help`: all commands, or one with its flags and examples.
 */
import { type Command, type Commands, command, commandNamed, type Flag } from './command.ts'
import { exitCodes } from './errors.ts'
import { type Paint, paint, type Terminal } from './terminal.ts'

/** The command that tells of the others. */
export function helpOn(commands: Commands): Command {
  return command({
    name: 'help',
    summary: 'Says what there is, or how one command is used',
    takes: '[command]',
    flags: {},
    examples: [
      ['groundplan help', 'all commands'],
      ['groundplan help start', 'the flags of one, with examples'],
    ],
    async run(_given, [name], terminal) {
      terminal.out(
        name === undefined ? await overview(commands, terminal) : helpOf(await commandNamed(name, commands), terminal),
      )
      return exitCodes.done
    },
  })
}

/** All commands, a line each. */
export async function overview(commands: Commands, { colours }: Terminal): Promise<string> {
  const ink = paint(colours)
  const all = await Promise.all(Object.values(commands).map(load => load()))
  const rows = all.map(({ name, takes = '', summary }) => [`${name} ${takes}`.trim(), summary] as const)
  return [
    'Groundplan: a cloud system written once, as a typed plan.',
    '',
    `${ink.bold('Usage')}  groundplan <command> [flags]`,
    '',
    ink.bold('Commands'),
    ...table(rows, ink),
    '',
    'groundplan <command> --help says more about each. Exit codes: 0 done, 1 failed, 2 wrong usage.',
    '',
  ].join('\n')
}

/** How one command is used. */
export function helpOf({ name, takes, summary, about, flags, examples }: Command, { colours }: Terminal): string {
  const ink = paint(colours)
  const rows = Object.entries(flags).map(([flag, spec]) => [written(flag, spec), spec.help] as const)
  return [
    `${summary}.`,
    '',
    `${ink.bold('Usage')}  groundplan ${[name, takes, '[flags]'].filter(Boolean).join(' ')}`,
    ...(about ? ['', about] : []),
    '',
    ink.bold('Flags'),
    ...table([...rows, ['--help', 'this text']], ink),
    '',
    ink.bold('Examples'),
    ...table(examples, ink),
    '',
  ].join('\n')
}

function written(name: string, flag: Flag): string {
  return flag.type === 'boolean' ? `--${name}` : `--${name} ${flag.value}`
}

function table(rows: readonly (readonly [string, string])[], ink: Paint): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${ink.cyan(left.padEnd(width))}  ${right}`)
}
