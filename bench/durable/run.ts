/**
 * Claim: what is acknowledged is on disk, and one flush serves all who wait. Says `acknowledged` as each commit is, so
 * that a trace of system calls shows what came before (docs/decisions/0002-durable-when-acknowledged.md).
 */
import { mkdtempSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../framework/src/embedded/clock.ts'
import { openEnvironment } from '../../framework/src/embedded/environment.ts'
import { embeddedQueues } from '../../framework/src/embedded/queue.ts'
import { embeddedStore } from '../../framework/src/embedded/store.ts'

const folder = mkdtempSync(join(process.cwd(), 'data-'))
const clock = systemClock()
const environment = openEnvironment(folder, { plan: 'durable' })
const queues = await embeddedQueues(environment, { clock, queues: [{ name: 'work', ordered: false }] })
const tables = [{ name: 'orders', key: ['id'], indexes: {}, changesTo: [] }]
const store = await embeddedStore(environment, { clock, tables, queues })

const say = (text: string): void => void writeSync(1, `${text}\n`)
async function commit(id: string): Promise<void> {
  const messages = [{ queue: 'work', id, body: '{}' }]
  await store.commit({ writes: [{ op: 'put', table: 'orders', item: { id, state: 'placed' } }], messages })
  say(`acknowledged ${id}`)
}

for (let one = 1; one <= 3; one++) {
  say(`commit ${one}`)
  await commit(`single ${one}`)
}
say('64 commits at once')
await Promise.all(Array.from({ length: 64 }, (_, n) => commit(`of many ${n}`)))
say('end')
await environment.close()
rmSync(folder, { recursive: true })
