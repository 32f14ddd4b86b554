/** A process that writes until it is killed: says each number once its commit was acknowledged. */
import { openEngine } from '../engine.ts'
import { needs } from './live.ts'
import { realTime } from './time.ts'

const [url = '', plan = ''] = process.argv.slice(2)
const engine = await openEngine({ plan, ...needs }, { url, clock: realTime().clock })

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

async function lane(first: number): Promise<never> {
  for (let n = first; ; n += 8) await write(n)
}

await Promise.all(Array.from({ length: 8 }, (_, at) => lane(at)))
