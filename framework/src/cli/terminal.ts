/**
 * The terminal a command runs in: where it stands, what the environment says, where it writes. Given to commands, so that
 * tests run them without a process.
 */

/** Signals that ask a command to end. */
export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** An exception that nobody caught, or a promise whose rejection nobody handled. */
export type Stray = 'exception' | 'rejection'

export interface Terminal {
  /** The folder the command was given in. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether a person reads: colours and short times instead of lines for machines. */
  readonly interactive: boolean
  readonly colours: boolean
  /** What was asked for. */
  out(text: string): void
  /** What went wrong, and progress. */
  error(text: string): void
  /** Resolves when what was said has been taken, or nobody reads it any more: for those who say much. */
  flushed(): Promise<void>
  /** Standard input: what is piped in, or typed. */
  readonly input: Input
  /** Calls `run` at each signal; gives what takes it back. */
  onSignal(run: (signal: EndSignal) => void): () => void
  /** Calls `run` with what was thrown and caught by nobody; gives what takes it back. */
  onStray(run: (error: unknown, kind: Stray) => void): () => void
  /** Ends the process at once. */
  exit(code: number): void
}

/** A pipe, a file or a keyboard. */
export interface Input extends AsyncIterable<Buffer | string> {
  /** Whether somebody types. */
  readonly isTTY?: boolean
  /** Each key at once, and none of them shown. */
  setRawMode?(on: boolean): unknown
}

const signals: readonly EndSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process
  for (const pipe of [stdout, stderr]) pipe.on('error', unlessClosed)
  return {
    folder: process.cwd(),
    environment: env,
    interactive: stdout.isTTY === true,
    colours: wantsColours(env, stdout.isTTY === true),
    out: text => void stdout.write(text),
    error: text => void stderr.write(text),
    flushed: () => flushed(stdout),
    // Opened when it is asked for: a command that asks nobody does not wait for it.
    get input() {
      return process.stdin
    },
    onSignal: run => listening(signals, run, stdout),
    onStray(run) {
      const exception = (error: unknown): void => run(error, 'exception')
      const rejection = (error: unknown): void => run(error, 'rejection')
      process.on('uncaughtException', exception).on('unhandledRejection', rejection)
      return () => void process.off('uncaughtException', exception).off('unhandledRejection', rejection)
    },
    exit: code => process.exit(code),
  }
}

function flushed(pipe: NodeJS.WriteStream): Promise<void> {
  if (!pipe.writableNeedDrain || pipe.destroyed) return Promise.resolve()
  return new Promise(resolve => {
    const done = (): void => {
      pipe.off('drain', done).off('close', done).off('error', done)
      resolve()
    }
    pipe.on('drain', done).on('close', done).on('error', done)
  })
}

/** What is said to a pipe that nobody reads any more (`… | head`) is lost, and no error. */
function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** A pipe that nobody reads any more is a terminal that was closed. */
function listening(all: readonly EndSignal[], run: (signal: EndSignal) => void, pipe: NodeJS.WriteStream): () => void {
  const broken = (): void => run('SIGHUP')
  for (const signal of all) process.on(signal, run)
  pipe.on('error', broken)
  return () => {
    for (const signal of all) process.off(signal, run)
    pipe.off('error', broken)
  }
}

/** As https://no-color.org and most programs have it. */
function wantsColours(environment: Terminal['environment'], interactive: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment
  if (NO_COLOR) return false
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return interactive && TERM !== 'dumb'
}

const codes = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const

export type Paint = Readonly<Record<keyof typeof codes, (text: string) => string>>

/** Colours a text, or leaves it as it is. */
export function paint(colours: boolean): Paint {
  const one = (style: keyof typeof codes) => {
    const [on, off] = codes[style]
    return (text: string) => (colours ? `\u001b[${on}m${text}\u001b[${off}m` : text)
  }
  return {
    bold: one('bold'),
    dim: one('dim'),
    red: one('red'),
    green: one('green'),
    yellow: one('yellow'),
    cyan: one('cyan'),
  }
}
