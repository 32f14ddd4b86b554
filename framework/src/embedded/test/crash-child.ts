/**
 * A process that writes until it is killed. It says on standard output what was acknowledged, a line each, at once: what
 * it said must be there afterwards.
 *   c N        the commit N: two items and a message
 *   s KEY.N    a step was sent
 *   r KEY.N A  it was received, with attempt A
 *   d KEY.N    it is done
 *   m N, g N A, f N  the same of messages without order, which are sent seven at a time; each eleventh is never finished
 */
import { writeSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { openEnvironment } from '../environment.ts'
import { embeddedQueues } from '../queue.ts'
import { embeddedStore } from '../store.ts'
import { keys, leaseMs, queueShapes, tableShapes } from './crash-shapes.ts'

/** What a line begins with. */
export type Letter = 'c' | 's' | 'r' | 'd' | 'm' | 'g' | 'f'

const [folder = '', from = '0'] = process.argv.slice(2)
const clock = systemClock()
const environment = openEnvironment(folder, { plan: 'crash' })
const queues = await embeddedQueues(environment, { clock, queues: queueShapes })
const store = await embeddedStore(environment, { clock, tables: tableShapes, queues })
const signal = new AbortController().signal
let next = Number(from)

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

async function commits(): Promise<void> {
  for (;;) {
    const n = next++
    const item = { id: `${n}`, group: n % 7, text: 'x'.repeat((n * 37) % 4_000) }
    await store.commit({
      writes: [
        { op: 'insert', table: 'one', item },
        { op: 'insert', table: 'other', item },
        { op: 'add', table: 'one', key: { id: 'sum' }, by: { count: 1 }, start: {} },
      ],
      messages: [{ queue: 'work', id: `${n}`, body: JSON.stringify(item.text) }],
    })
    say(`c ${n}`)
  }
}

async function steps(key: string): Promise<void> {
  for (;;) {
    const n = next++
    await queues.send([{ queue: 'steps', id: `${key}.${n}`, body: '{}', orderKey: key }])
    say(`s ${key}.${n}`)
  }
}

async function consumer(): Promise<void> {
  for (;;) {
    for (const { id, lease, attempt } of await queues.receive('steps', { max: 3, leaseMs, signal })) {
      say(`r ${id} ${attempt}`)
      // Some are tried again, some are left to their leases.
      const n = Number(id.split('.')[1])
      if (n % 97 === 0) continue
      if (n % 5 === 0 && attempt === 1) await queues.again('steps', lease, 0)
      else {
        await queues.done('steps', [lease])
        say(`d ${id}`)
      }
    }
  }
}

async function crowds(): Promise<void> {
  for (;;) {
    const numbers = Array.from({ length: 7 }, () => next++)
    await queues.send(
      numbers.map(n => ({ queue: 'crowd', id: `${n}`, body: JSON.stringify('x'.repeat((n * 37) % 400)) })),
    )
    for (const n of numbers) say(`m ${n}`)
  }
}

async function worker(): Promise<void> {
  for (;;) {
    for (const { id, lease, attempt } of await queues.receive('crowd', { max: 3, leaseMs, signal })) {
      say(`g ${id} ${attempt}`)
      const n = Number(id)
      if (n % 11 === 0) continue
      if (n % 5 === 0 && attempt === 1) await queues.again('crowd', lease, 0)
      else {
        await queues.done('crowd', [lease])
        say(`f ${id}`)
      }
    }
  }
}

say('ready')
await Promise.all([
  ...Array.from({ length: 8 }, commits),
  ...keys.map(steps),
  ...Array.from({ length: 4 }, consumer),
  ...Array.from({ length: 2 }, crowds),
  ...Array.from({ length: 6 }, worker),
])
