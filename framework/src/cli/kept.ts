/**
 * What `logs` and `trace` share: where a project's telemetry is, of which systems, and which trace somebody means.
 */
import type { TelemetryReader } from '../contract/telemetry.ts'
import { keptPlans, readKept } from '../targets/telemetry.ts'
import { Failure, wrongUsage } from './errors.ts'
import { loadProject, namesMeant } from './load.ts'
import { placesOf } from './places.ts'
import type { Terminal } from './terminal.ts'

export interface Kept {
  readonly root: string
  readonly reader: TelemetryReader
}

/** What is kept of the systems that are named; of all when none is. `data`: what `--data` says. */
export async function keptOf(terminal: Terminal, named: readonly string[], data?: string): Promise<Kept> {
  const project = await loadProject(terminal.folder)
  const place = placesOf(project.root, terminal, data).telemetry
  const plans = named.length > 0 ? namesMeant(project, named, []) : await keptPlans(place)
  if (plans.length === 0) throw new Failure('Nothing is kept yet', 'groundplan start')
  return { root: project.root, reader: readKept(place, plans) }
}

/**
 * The id of the trace that is meant: the whole of it, its beginning as log lines show it, or a `traceparent`. Throws a
 * failure when there is none, or more than one.
 */
export async function traceMeant(reader: TelemetryReader, text: string): Promise<string> {
  const lower = text.toLowerCase()
  const prefix = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(lower)?.[1] ?? lower
  if (!/^[0-9a-f]{1,32}$/.test(prefix)) throw wrongUsage(`"${text}" is no trace`, 'give its id, or the beginning of it')
  const [found, ...more] = await reader.tracesLike(prefix)
  if (found === undefined) throw unknownTrace(text)
  if (more.length > 0) throw new Failure(`Several traces begin with ${prefix}`, [found, ...more].join('\n'))
  return found
}

function unknownTrace(text: string): Failure {
  const wayOut =
    'groundplan trace lists the latest; only a share of the traces is kept (docs/operations/telemetry.md), and the oldest are dropped'
  return new Failure(`Nothing is kept of the trace ${text}`, wayOut)
}
