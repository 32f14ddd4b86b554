/**
 * `groundplan logs`: what systems logged, from the files that a process keeps, also while it runs.
 */
import { type Level, levels } from '../contract/telemetry.ts'
import { command } from './command.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import { keptOf, traceMeant } from './kept.ts'
import { jsonLine, prettyLine } from './log-format.ts'
import { dataFlag } from './places.ts'
import { sinceMs } from './since.ts'
import { paint } from './terminal.ts'

export const logs = command({
  name: 'logs',
  summary: 'Shows what systems logged, also while they run',
  takes: '[system…]',
  about: 'All that is kept of the systems named here, or of all; the oldest first.',
  flags: {
    level: { type: 'string', value: '<level>', help: 'from which level on: debug, info, warn or error (debug)' },
    handler: { type: 'string', value: '<service/name>', help: 'of one handler' },
    trace: { type: 'string', value: '<id>', help: 'of one trace, by its id or the beginning of it' },
    since: { type: 'string', value: '<time>', help: "from then on: 10m, '2 hours', 2030-01-02T03:04 (all)" },
    follow: { type: 'boolean', help: 'goes on with what comes, until Ctrl-C' },
    data: dataFlag,
    json: { type: 'boolean', help: 'every line is JSON; so it is where nobody looks at a terminal' },
  },
  examples: [
    ['groundplan logs --since 10m --level warn', 'what went wrong of late'],
    ['groundplan logs storefront --handler backend/placeOrder --follow', 'one handler, as it speaks'],
    ['groundplan logs --trace 4bf92f35', 'what was said in one trace'],
  ],
  async run({ level = 'debug', handler, trace, since, follow, data, json }, named, terminal) {
    const fromLevel = levelFrom(level)
    const fromMs = since === undefined ? undefined : sinceMs(since, Date.now())
    const { root, reader } = await keptOf(terminal, named, data)
    const ofTrace = trace === undefined ? undefined : await traceMeant(reader, trace)
    const stop = new AbortController()
    const release = terminal.onSignal(() => stop.abort())
    const pretty = terminal.interactive && !json
    const ink = paint(terminal.colours)
    const query = {
      level: fromLevel,
      follow: follow ?? false,
      signal: stop.signal,
      ...(handler === undefined ? {} : { handler }),
      ...(fromMs === undefined ? {} : { sinceMs: fromMs }),
      ...(ofTrace === undefined ? {} : { trace: ofTrace }),
    }
    try {
      for await (const record of reader.logs(query)) {
        terminal.out(pretty ? prettyLine(record, ink, root) : jsonLine(record))
      }
    } finally {
      release()
    }
    return exitCodes.done
  },
})

function levelFrom(text: string): Level {
  const level = levels.find(each => each === text)
  if (level === undefined) throw wrongUsage(`"${text}" is no level`, `choose one of ${levels.join(', ')}`)
  return level
}
