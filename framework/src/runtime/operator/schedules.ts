/**
 * What time triggers in a plan, for its operator: schedules, retentions, the look at the alarms.
 */
import type { Operator, ScheduleInfo, ScheduleRun } from '../../contract/operator.ts'
import { fault, isFault } from '../../contract/problems.ts'
import { ticksOf } from '../../contract/ticks.ts'
import { alarmRhythm } from '../alarms.ts'
import { messageOf, named, type OperatorParts } from './parts.ts'

type Schedules = Pick<Operator, 'schedules' | 'runSchedule'>
type Known = Pick<ScheduleInfo, 'name' | 'kind' | 'when'>

export function scheduleOperator(operated: OperatorParts): Schedules {
  const all = schedulesIn(operated)
  return {
    schedules: () => Promise.all(all.map(each => infoOf(operated, each))),
    runSchedule: ({ schedule }) => ran(operated, named(all, schedule, 'schedule').name),
  }
}

function schedulesIn({ parts: { handlers, alarms } }: OperatorParts): readonly Known[] {
  const ofHandlers = handlers.flatMap(({ service, name, handler }): readonly Known[] => {
    const { kind } = handler
    return kind === 'schedule' || kind === 'retention'
      ? [{ name: `${service.name}/${name}`, kind, when: handler.when }]
      : []
  })
  if (alarms.length === 0) return ofHandlers
  const { service, name, when } = alarmRhythm
  return [...ofHandlers, { name: `${service}/${name}`, kind: 'alarms', when }]
}

async function infoOf({ drivers: { schedules, clock } }: OperatorParts, known: Known): Promise<ScheduleInfo> {
  const last = await schedules.last(known.name)
  const nextAtMs = ticksOf(known.when).next(clock.now())
  if (!last) return { ...known, nextAtMs }
  const { tickMs: atMs, heldUntilMs: _held, ...rest } = last
  return { ...known, nextAtMs, last: { atMs, ...rest } }
}

async function ran(operated: OperatorParts, name: string): Promise<ScheduleRun> {
  const { runtime, drivers } = operated
  const { clock, schedules } = drivers
  const beganMs = clock.now()
  const slash = name.lastIndexOf('/')
  try {
    await runtime.ticker.runNow(name.slice(0, slash), name.slice(slash + 1))
    return { ok: true, tookMs: clock.now() - beganMs }
  } catch (error) {
    if (isFault(error, 'stopping')) throw error
    const last = await schedules.last(name)
    if (last?.state === 'running') throw held(name, last.heldUntilMs ?? beganMs)
    // Its own failure is kept with its tick; without one it was never begun.
    if (last?.failure === undefined || (last.finishedAtMs ?? 0) < beganMs) throw error
    return { ok: false, failure: runtime.scrub(messageOf(error)), tookMs: clock.now() - beganMs }
  }
}

function held(name: string, untilMs: number): Error {
  const until = new Date(untilMs).toISOString()
  return fault('conflict', `${name} is running; if the process that ran it is gone, it can be run again at ${until}`)
}
