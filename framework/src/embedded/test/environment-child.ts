/**
 * Opens a folder and says how that went: `open` or the fault. Then, as it is told:
 *   hold  keeps it until it is ended
 *   fill  writes until something fails; says how many were acknowledged, what can be read then, and the fault; goes on
 *         trying until a write is taken again
 */
import { writeSync } from 'node:fs'
import { sleep } from '../../contract/clock.ts'
import { isFault } from '../../contract/problems.ts'
import { systemClock } from '../clock.ts'
import { openEnvironment } from '../environment.ts'
import { embeddedQueues } from '../queue.ts'
import { embeddedStore } from '../store.ts'

export type Then = 'hold' | 'fill'

const [folder = '', then = 'hold', user] = process.argv.slice(2)
const say = (text: string): void => void writeSync(1, `${text}\n`)

async function fill(environment: ReturnType<typeof openEnvironment>): Promise<void> {
  const clock = systemClock()
  const queues = await embeddedQueues(environment, { clock, queues: [{ name: 'work', ordered: false }] })
  const tables = [{ name: 'things', key: ['id'], indexes: {}, changesTo: [] }]
  const store = await embeddedStore(environment, { clock, tables, queues })
  let acknowledged = 0
  const commit = async (): Promise<void> => {
    const id = `${acknowledged}`
    const item = { id, text: 'x'.repeat(50_000) }
    const messages = [{ queue: 'work', id, body: '{}' }]
    await store.commit({ writes: [{ op: 'put', table: 'things', item }], messages })
    acknowledged++
  }
  const failed = await failure(commit)
  const there = await store.get('things', { id: `${acknowledged - 1}` })
  const [{ ready }, count] = [await queues.counts('work'), await store.count('things')]
  say(`acknowledged ${acknowledged}, there ${there !== undefined} ${ready} ${count}, fault ${failed}`)
  while ((await failure(commit, 1)) !== undefined) await sleep(clock, 20)
  say(`then ${acknowledged}`)
  await environment.close()
}

/** The code of the fault that ended it, of so many attempts. */
async function failure(attempt: () => Promise<void>, most = Number.POSITIVE_INFINITY): Promise<string | undefined> {
  try {
    for (let n = 0; n < most; n++) await attempt()
    return undefined
  } catch (error) {
    return isFault(error) ? error.code : String(error)
  }
}

if (user !== undefined) process.setuid?.(Number(user))
try {
  const environment = openEnvironment(folder, { plan: 'test' })
  say('open')
  if (then === 'fill') await fill(environment)
  else setInterval(() => {}, 60_000)
} catch (error) {
  say(isFault(error) ? error.message : String(error))
}
