/**
 * A process that writes and works until it is killed: says each number once its commit was acknowledged. What it hears of
 * by message it notes, and then acknowledges.
 */
import type { Engine } from '../engine.ts'
import { openEngine } from '../engine.ts'
import { needs } from './live.ts'
import { realTime } from './time.ts'

const [url = '', plan = '', first = '0', leaseMs = '2000'] = process.argv.slice(2)
const engine = await openEngine({ plan, ...needs }, { url, clock: realTime().clock, patienceMs: 60_000 })

async function write(n: number): Promise<void> {
  const messages = [{ queue: 'work', id: `m-${n}`, body: JSON.stringify({ n }) }]
  await engine.store.commit({
    writes: [
      { op: 'add', table: 'counters', key: { id: 'all' }, by: { n: 1 }, start: {} },
      { op: 'insert', table: 'orders', item: { customer: 'c', order: n, state: 'placed', placed: n } },
    ],
    messages,
  })
  process.stdout.write(`${n}\n`)
}

async function writing(from: number): Promise<never> {
  for (let n = from; ; n += 8) await write(n)
}

async function working({ store, queues }: Engine): Promise<never> {
  const signal = new AbortController().signal
  for (;;) {
    for (const { body, lease } of await queues.receive('work', { max: 5, leaseMs: Number(leaseMs), signal })) {
      const { n } = JSON.parse(body) as { readonly n: number }
      await store.commit({ writes: [{ op: 'put', table: 'orders', item: { customer: 'heard', order: n } }] })
      await queues.done('work', [lease])
    }
  }
}

const lanes = Array.from({ length: 8 }, (_, at) => writing(Number(first) + at))
await Promise.all([...lanes, ...(leaseMs === '0' ? [] : [working(engine), working(engine)])])
