/**
 * `groundplan schedule`: what time triggers in a system, and running it now.
 */
import type { ScheduleInfo } from '../contract/operator.ts'
import { columns, lengthOf, when } from './columns.ts'
import { command } from './command.ts'
import { exitCodes } from './errors.ts'
import { completed, operatingEach, operatingFlags, operatingOn } from './operating.ts'
import { oneLine } from './printable.ts'
import { paint } from './terminal.ts'
import { group } from './verbs.ts'

const list = command({
  name: 'schedule list',
  summary: 'When each schedule ran last, how that went, and when it runs next',
  takes: '[system…]',
  flags: operatingFlags,
  examples: [['groundplan schedule list', 'all schedules of the systems that `start` starts']],
  async run({ json, data, env }, named, terminal) {
    const rows: string[][] = []
    await operatingEach(terminal, { data, env }, named, async (operator, system) => {
      const { nowMs, running } = await operator.about()
      for (const each of await operator.schedules()) {
        if (json) terminal.out(`${JSON.stringify({ system, ...each })}\n`)
        const { name, last, nextAtMs } = each
        const next = running ? when(nextAtMs, nowMs, terminal) : 'when it runs'
        rows.push([`${system}/${name}`, rhythm(each), next, when(last?.atMs, nowMs, terminal), outcome(each)])
      }
    })
    if (!json) terminal.out(columns(['schedule', 'when', 'next', 'last', 'outcome'], rows, terminal))
    return exitCodes.done
  },
})

const run = command({
  name: 'schedule run',
  summary: 'Runs a schedule now, through its claim: it never runs twice at once',
  takes: '<system/service/name>',
  flags: operatingFlags,
  examples: [['groundplan schedule run records/nightly', 'waits until it has ended; 1 when it failed']],
  async run({ json, data, env }, [name], terminal) {
    const usage = 'groundplan schedule run <system/service/name>'
    return operatingOn(terminal, { name, usage, data, env }, async (operator, { system, thing }) => {
      const names = (await operator.schedules()).map(each => each.name)
      const schedule = completed(thing, names, 'schedule')
      const ran = await operator.runSchedule({ schedule })
      const ink = paint(terminal.colours)
      const how = ran.ok ? ink.green('ran') : `${ink.red('failed')}: ${oneLine(ran.failure ?? '')}`
      terminal.out(
        json ? `${JSON.stringify({ schedule, ...ran })}\n` : `${system}/${schedule} ${how} (${lengthOf(ran.tookMs)})\n`,
      )
      return ran.ok ? exitCodes.done : exitCodes.failed
    })
  },
})

export const schedule = group(
  {
    name: 'schedule',
    summary: 'Shows what time triggers, and runs it now',
    about: 'Works on a system that runs and on one that does not; at rest nothing is triggered by time.',
  },
  [list, run],
)

function rhythm({ when: given }: ScheduleInfo): string {
  return 'everyMs' in given ? `every ${lengthOf(given.everyMs)}` : `${given.cron} ${given.zone}`
}

function outcome({ last }: ScheduleInfo): string {
  if (!last) return '-'
  if (last.state === 'running') return 'running'
  return last.failure === undefined ? 'ok' : `failed: ${last.failure}`
}
