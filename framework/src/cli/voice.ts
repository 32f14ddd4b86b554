/**
 * What a start says on its way: for people, or as lines of JSON with an `event` each. Logs go the same way.
 */
import type { Mistake } from '../plan/mistake.ts'
import type { LogSink } from '../runtime/log.ts'
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
    ready: ({ tookMs, ...more }) => tell('info', 'ready', { ...more, keeps: 'nothing', tookMs: Math.round(tookMs) }),
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
    ready: ready => line(readyText(ready, terminal)),
    stopping: () => line('Stopping: what runs may finish …'),
    stopped: left => line(left.length > 0 ? `Stopped, and handed back: ${left.join(', ')}` : 'Stopped.'),
    stray: error => line(`${ink.red('error')} ${errorText(error)}`),
  }
}

const missingText = 'Nobody has set what plans ask for; what needs it fails until then'

function readyText({ url, systems, seeds, tookMs }: Ready, { colours }: Terminal): string {
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
    ink.dim('In memory: what is kept is gone when this stops. Ctrl-C stops it.'),
    '',
  ].join('\n')
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
