/**
 * Runs one command line, from its arguments to its exit code.
 */
import { commandNamed } from './command.ts'
import { commands } from './commands.ts'
import { exitCodes, type Failure, failureOf } from './errors.ts'
import { paint, type Terminal } from './terminal.ts'

/** Gives the exit code: 0 done, 1 failed, 2 wrong usage. Never rejects. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal)
  } catch (error) {
    const failure = failureOf(error)
    terminal.error(args.includes('--json') ? failureLine(failure) : failureText(failure, terminal))
    return failure.exitCode
  }
}

const shortcuts: Readonly<Record<string, string>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
}

async function dispatch([first, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (first === undefined) {
    const { overview } = await import('./help.ts')
    terminal.error(await overview(commands, terminal))
    return exitCodes.wrongUsage
  }
  const command = await commandNamed(shortcuts[first] ?? first, commands)
  if (!asksForHelp(rest)) return command.run(rest, terminal)
  const { helpOf } = await import('./help.ts')
  terminal.out(helpOf(command.part?.(rest) ?? command, terminal))
  return exitCodes.done
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end < 0 ? undefined : end).some(arg => arg === '--help' || arg === '-h')
}

function failureText({ message, wayOut }: Failure, { colours }: Terminal): string {
  const ink = paint(colours)
  const ways = wayOut.split('\n').map(way => `  ${ink.cyan('→')} ${way}\n`)
  return `${ink.red('error')} ${message}\n${ways.join('')}`
}

function failureLine({ message, wayOut, exitCode }: Failure): string {
  return `${JSON.stringify({ level: 'error', event: 'failed', message, wayOut, exitCode })}\n`
}
