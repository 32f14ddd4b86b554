/**
 * How the views of a plan follow, and what its alarms say, for its operator.
 */
import { handlerQueue } from '../../contract/names.ts'
import type { AlarmInfo, Operator, ViewInfo } from '../../contract/operator.ts'
import { fault } from '../../contract/problems.ts'
import type { Alarm } from '../../plan/alarm.ts'
import { handlersOf } from '../../plan/parts.ts'
import { alarmsTable } from '../alarms.ts'
import { viewsTable } from '../views.ts'
import { type OperatorParts, plainly } from './parts.ts'

type State = Pick<Operator, 'views' | 'rebuildView' | 'alarms'>

export function stateOperator(operated: OperatorParts): State {
  const { parts, runtime, drivers } = operated
  const views = handlersOf(parts, 'view')
  return {
    views: () => Promise.all(views.map(view => viewInfo(operated, view))),
    async rebuildView({ view }) {
      const keeper = runtime.views.find(each => each.view.name === view)
      if (!keeper) throw fault('request-invalid', `there is no view "${view}" in this plan`)
      await plainly(operated, keeper.rebuild())
      return { count: await drivers.store.count(view) }
    },
    alarms: () => Promise.all(parts.alarms.map(alarm => alarmInfo(operated, alarm))),
  }
}

type NamedView = ReturnType<typeof handlersOf<'view'>>[number]

async function viewInfo(
  { drivers: { store, queues, clock } }: OperatorParts,
  { service, name, handler }: NamedView,
): Promise<ViewInfo> {
  const counts = await queues.counts(handlerQueue(service.name, name))
  return {
    name: handler.name,
    of: handler.from.name,
    built: (await store.get(viewsTable.name, { view: handler.name })) !== undefined,
    waiting: counts.ready + counts.delayed + counts.leased,
    dead: counts.dead,
    lagMs: counts.oldestDueAtMs === undefined ? 0 : Math.max(0, clock.now() - counts.oldestDueAtMs),
  }
}

async function alarmInfo({ drivers: { store } }: OperatorParts, { name, when }: Alarm): Promise<AlarmInfo> {
  const { measure, of, above } = when
  const state = await store.get(alarmsTable.name, { alarm: name })
  return {
    name,
    measure,
    of: `${of.kind} ${of.name}`,
    above,
    ...(state ? { sinceMs: Number(state.sinceMs), told: state.told === true } : {}),
  }
}
