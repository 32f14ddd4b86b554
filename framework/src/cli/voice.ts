/**
 * What a start says on its way: for people, or as lines of JSON with an `event` each. Logs go the same way.
 */
import { sep } from 'node:path'
import type { Mistake } from '../plan/mistake.ts'
import type { LogSink } from '../runtime/log.ts'
import type { Failure } from './errors.ts'
import { findingLine, findingText } from './findings.ts'
import { jsonLine, prettyLine } from './log-format.ts'
import type { ShownSystem } from './root-page.ts'
import { paint, type Terminal } from './terminal.ts'

/** What runs, once it can be asked. */
export interface Ready {
  readonly url: string
  readonly systems: readonly ShownSystem[]
  /** What each seed said, by system. */
  readonly seeds: Readonly<Record<string, readonly string[]>>
  /** Systems that have sample data which was never filled in. */
  readonly unsown: readonly string[]
  /** The folder of all that is kept. */
  readonly data: string
  /** From the command to here. */
  readonly tookMs: number
}

export interface Voice {
  readonly logs: LogSink
  mistakes(mistakes: readonly Mistake[]): void
  /** Variables that nobody has set. */
  missing(variables: readonly string[]): void
  warn(message: string): void
  ready(ready: Ready): void
  /** A new version of a system runs. */
  takenIn(system: string, tookMs: number): void
  /** A file that was saved is wrong; what ran before goes on. */
  broken(failure: Failure): void
  stopping(why: string): void
  /** With the names of what was still running. */
  stopped(left: readonly string[]): void
  stray(error: unknown): void
}

/** Lines of JSON, all of them. */
export function machineVoice({ out }: Pick<Terminal, 'out'>, root: string): Voice {
  const tell = (level: string, event: string, more: object): void => {
    out(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...more })}\n`)
  }
  return {
    logs: record => out(jsonLine(record)),
    mistakes(mistakes) {
      for (const mistake of mistakes) out(findingLine('mistake', mistake, root))
    },
    missing: variables => tell('warn', 'missing', { variables, message: missingText }),
    warn: message => tell('warn', 'warning', { message }),
    ready: ({ tookMs, ...more }) => tell('info', 'ready', { ...more, tookMs: Math.round(tookMs) }),
    takenIn: (system, tookMs) => tell('info', 'taken-in', { system, tookMs: Math.round(tookMs) }),
    broken: ({ message, wayOut }) => tell('error', 'broken', { message, wayOut }),
    stopping: why => tell('info', 'stopping', { why }),
    stopped: left => tell(left.length > 0 ? 'warn' : 'info', 'stopped', { left }),
    stray: error => tell('error', 'stray-error', { error: errorText(error) }),
  }
}

/** For people. Logs are lines of JSON where nobody looks at a terminal. */
export function personVoice(terminal: Terminal, root: string): Voice {
  const { out, interactive } = terminal
  const ink = paint(terminal.colours)
  const line = (text: string): void => out(`${text}\n`)
  return {
    logs: record => out(interactive ? prettyLine(record, ink, root) : jsonLine(record)),
    mistakes(mistakes) {
      for (const mistake of mistakes) out(findingText('mistake', mistake, root, ink))
    },
    missing(variables) {
      line(`${ink.yellow('missing')} ${missingText}; write them into .env:`)
      for (const variable of variables) line(`  ${variable}=`)
    },
    warn: message => line(`${ink.yellow('warning')} ${message}`),
    ready: ready => line(readyText(ready, terminal, root)),
    takenIn: (system, tookMs) => line(`${ink.green('taken in')} ${system}  ${ink.dim(`in ${Math.round(tookMs)} ms`)}`),
    broken({ message }) {
      line(`${ink.red('error')} ${message}`)
      line(`  ${ink.cyan('→')} correct it and save; the last good version goes on answering`)
    },
    stopping: () => line('Stopping: what runs may finish …'),
    stopped: left => line(left.length > 0 ? `Stopped, and handed back: ${left.join(', ')}` : 'Stopped.'),
    stray: error => line(`${ink.red('error')} ${errorText(error)}`),
  }
}

const missingText = 'Nobody has set what plans ask for; what needs it fails until then'

function readyText({ url, systems, seeds, unsown, data, tookMs }: Ready, { colours }: Terminal, root: string): string {
  const ink = paint(colours)
  const gateways = systems.flatMap(system => system.gateways.map(gateway => ({ system: system.name, ...gateway })))
  const width = Math.max(0, ...gateways.map(({ system, name }) => `${system} ${name}`.length))
  return [
    '',
    `${ink.bold('Groundplan')} is ready at ${ink.cyan(ink.bold(url))}  ${ink.dim(`in ${Math.round(tookMs)} ms`)}`,
    '',
    ...gateways.map(({ system, name, docs }) => `  ${`${system} ${name}`.padEnd(width)}  ${ink.cyan(docs)}`),
    ...seedLines(seeds, ink.bold),
    '',
    ...unsown.map(system => ink.dim(`${system} has sample data: groundplan seed ${system}`)),
    ink.dim(`Kept in ${shownPath(data, root)}. Ctrl-C stops it.`),
    '',
  ].join('\n')
}

function shownPath(path: string, root: string): string {
  return path.startsWith(root + sep) ? path.slice(root.length + 1) : path
}

function seedLines(seeds: Ready['seeds'], bold: (text: string) => string): readonly string[] {
  const said = Object.entries(seeds).filter(([, lines]) => lines.length > 0)
  return said.flatMap(([system, lines]) => [
    '',
    `  ${bold(`${system}: sample data`)}`,
    ...lines.map(line => `    ${line}`),
  ])
}

function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
