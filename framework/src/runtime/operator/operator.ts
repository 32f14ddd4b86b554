/**
 * The operator of a started plan. Whoever steers is heard of: what changes something is logged, by what it was asked of,
 * never with a value.
 */
import type { Drivers } from '../../contract/drivers.ts'
import type { About, Operator } from '../../contract/operator.ts'
import { shapeOf } from '../../contract/plan-shape.ts'
import { fault } from '../../contract/problems.ts'
import { partsOf } from '../../plan/parts.ts'
import type { LogSink } from '../log.ts'
import type { Runtime } from '../runtime.ts'
import { keyOperator } from './keys.ts'
import { type OperatorParts, plainly } from './parts.ts'
import { queueOperator } from './queues.ts'
import { scheduleOperator } from './schedules.ts'
import { stateOperator } from './state.ts'
import { tableOperator } from './tables.ts'
import { vaultOperator } from './vault.ts'

export interface OperatorOptions {
  /** Whether the runtime works in the background. */
  readonly running: boolean
  /** Hears of what was steered. */
  readonly logs: LogSink
  /** Fills in the sample data, where the system has any. */
  readonly seed?: () => Promise<readonly string[]>
}

/**
 * The operator of a plan that was started on these drivers.
 * @example const operator = operatorOf(runtime, drivers, { running: true, logs })
 */
export function operatorOf(runtime: Runtime, drivers: Drivers, options: OperatorOptions): Operator {
  const { plan } = runtime
  const operated: OperatorParts = { plan: plan.name, parts: partsOf(plan), shape: shapeOf(plan), runtime, drivers }
  const operator: Operator = {
    about: async () => aboutOf(operated, options.running),
    ...queueOperator(operated),
    ...scheduleOperator(operated),
    ...tableOperator(operated),
    ...vaultOperator(operated),
    ...keyOperator(operated),
    ...stateOperator(operated),
    async seed() {
      if (!options.seed)
        throw fault('unsupported', `"${plan.name}" has no sample data: write a seed.ts beside its plan`)
      return { said: await plainly(operated, options.seed()) }
    },
  }
  return heard(operator, operated, options.logs)
}

function aboutOf({ plan, drivers }: OperatorParts, running: boolean): About {
  return { plan, pid: process.pid, running, nowMs: drivers.clock.now() }
}

/** The same, where what steers is logged when it has been done. */
function heard(operator: Operator, { plan, drivers }: OperatorParts, logs: LogSink): Operator {
  const noting =
    <Ask extends object, Given>(method: string, run: (ask: Ask) => Promise<Given>) =>
    async (ask: Ask): Promise<Given> => {
      const given = await run(ask)
      const fields = namesIn(ask)
      logs({ level: 'info', atMs: drivers.clock.now(), plan, handler: 'operator', message: method, fields })
      return given
    }
  return {
    ...operator,
    redriveQueue: noting('redriveQueue', operator.redriveQueue),
    purgeQueue: noting('purgeQueue', operator.purgeQueue),
    sendMessage: noting('sendMessage', operator.sendMessage),
    runSchedule: noting('runSchedule', operator.runSchedule),
    setSecret: noting('setSecret', operator.setSecret),
    removeSecret: noting('removeSecret', operator.removeSecret),
    setSetting: noting('setSetting', operator.setSetting),
    createApiKey: noting('createApiKey', operator.createApiKey),
    rotateApiKey: noting('rotateApiKey', operator.rotateApiKey),
    revokeApiKey: noting('revokeApiKey', operator.revokeApiKey),
    rebuildView: noting('rebuildView', operator.rebuildView),
  }
}

const names = ['queue', 'which', 'schedule', 'name', 'tenant', 'keys', 'keyId', 'account', 'view'] as const

/** What it was asked of. Values of secrets, settings and messages are not among the names. */
function namesIn(ask: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(ask).filter(([name]) => names.some(each => each === name)))
}
