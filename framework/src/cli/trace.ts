/**
 * `groundplan trace`: one trace as a waterfall, or the latest in a line each, from the files that a process keeps.
 */
import type { LogRecord, TelemetryReader, TraceSummary } from '../contract/telemetry.ts'
import { command, type Given } from './command.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import { type Kept, keptOf, traceMeant } from './kept.ts'
import { clockTime } from './log-format.ts'
import { dataFlag } from './places.ts'
import { oneLine } from './printable.ts'
import { type Paint, paint, type Terminal } from './terminal.ts'
import { counted, durationText, type Trace, waterfall } from './waterfall.ts'

const flags = {
  system: { type: 'string', value: '<system>', help: 'of one system (all)' },
  handler: { type: 'string', value: '<service/name>', help: 'the list: traces in which this handler ran' },
  failed: { type: 'boolean', help: 'the list: traces in which something failed; with --handler: in which that did' },
  limit: { type: 'string', value: '<number>', help: 'the list: how many (20)' },
  data: dataFlag,
  json: { type: 'boolean', help: 'a line of JSON each; of one trace a single one, with all spans and log records' },
} as const

export const trace = command({
  name: 'trace',
  summary: 'Shows what happened in a trace, or lists the latest',
  takes: '[id]',
  about:
    'The id is the one in a log line or in the answer to a failed request; its first characters are enough. A share of\n' +
    'the traces is kept: one in ten, unless OTEL_TRACES_SAMPLER says something else to `groundplan start`.',
  flags,
  examples: [
    ['groundplan trace', 'the latest'],
    ['groundplan trace --failed --handler backend/placeOrder', 'the latest in which this handler failed'],
    ['groundplan trace 4bf92f35', 'one, as a waterfall'],
  ],
  async run(given, [id, ...more], terminal) {
    if (more.length > 0) throw wrongUsage('"trace" takes one id', `groundplan trace ${id}`)
    const limit = limitFrom(given.limit ?? '20')
    const kept = await keptOf(terminal, given.system === undefined ? [] : [given.system], given.data)
    if (id === undefined) await list(kept, limit, given, terminal)
    else await show(await traceOf(kept.reader, id), given.json ?? false, terminal)
    return exitCodes.done
  },
})

function limitFrom(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit === 0) throw wrongUsage(`"${text}" is no number of traces`, 'choose one from 1 to 9999')
  return limit
}

async function traceOf(reader: TelemetryReader, text: string): Promise<Trace> {
  const traceId = await traceMeant(reader, text)
  const logs: LogRecord[] = []
  for await (const record of reader.logs({ trace: traceId })) logs.push(record)
  return { traceId, spans: await reader.spansOf(traceId), logs }
}

async function show(trace: Trace, json: boolean, { out, colours }: Terminal): Promise<void> {
  if (json) return out(`${JSON.stringify(trace)}\n`)
  out(waterfall(trace, paint(colours)))
  if (trace.spans.length === 0) out('No span of it is kept: this trace was not sampled, or they were dropped.\n')
}

async function list(
  { reader }: Kept,
  limit: number,
  given: Given<typeof flags>,
  { out, colours }: Terminal,
): Promise<void> {
  const { handler, failed = false, json } = given
  const found = await reader.recentTraces({ limit, failed, ...(handler === undefined ? {} : { handler }) })
  if (json) for (const each of found) out(`${JSON.stringify(each)}\n`)
  else if (found.length === 0) out('No such trace is kept.\n')
  else out(listText(found, paint(colours)))
}

function listText(traces: readonly TraceSummary[], ink: Paint): string {
  const plans = Math.max(...traces.map(({ plan }) => plan.length))
  const names = Math.max(...traces.map(({ name }) => oneLine(name).length))
  const lines = traces.map(({ traceId, plan, name, startMs, endMs, spans, failed }) => {
    const began = new Date(startMs)
    return [
      ink.cyan(traceId.slice(0, 8)),
      ink.dim(`${began.toDateString().slice(4, 10)} ${clockTime(began)}`),
      plan.padEnd(plans),
      oneLine(name).padEnd(names),
      durationText(endMs - startMs).padStart(10),
      counted(spans, 'span').padStart(10),
      failed ? ink.red('failed') : '',
    ]
      .join('  ')
      .trimEnd()
  })
  return `${lines.join('\n')}\n`
}
