/**
 * Claim: queues in the process send and process several messages for each flush of the disk, durably, with attempts
 * counted before each is handed out; a message is handled some milliseconds after it was sent; a million that wait cost
 * no memory. Peers come beside these lines.
 *
 * `--folder=` puts the data elsewhere. `--short` leaves the growth out, `--growth` all else, `--to=10000000` takes it further. Takes a minute or
 * two. `--stalls` (a minute) does something else: 5,000 messages a second, how long anything else had to wait,
 * and what bringing the journal into the data file takes of the thread.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../framework/src/embedded/clock.ts'
import { openEnvironment } from '../../framework/src/embedded/environment.ts'
import { type EmbeddedQueues, embeddedQueues } from '../../framework/src/embedded/queue.ts'
import {
  cpuUs,
  dataFolder,
  during,
  flushTimes,
  growthSteps,
  line,
  lineHead,
  measured,
  percentile,
  round,
} from '../disk.ts'
import { shares } from './profile.ts'
import { stalls } from './stalls.ts'

const shapes = [
  { name: 'work', ordered: false },
  { name: 'steps', ordered: true },
  { name: 'growing', ordered: false },
]
const folder = dataFolder()
const clock = systemClock()
let environment = openEnvironment(folder.path, { plan: 'bench' })
let queues = await embeddedQueues(environment, { clock, queues: shapes })

const body = JSON.stringify({
  order: 'o-123456',
  customer: 'customer-7',
  items: [1, 2, 3],
  note: 'about 130 bytes of body',
})
let ids = 0

/** Sends with so many in flight, and works with as many consumers, until all is done. */
async function sendAndProcess(queue: string, milliseconds: number, inFlight: number): Promise<number> {
  const stop = new AbortController()
  setMaxListeners(100, stop.signal)
  let done = 0
  const consumer = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const messages = await queues.receive(queue, { max: 10, leaseMs: 30_000, signal: stop.signal })
      // Each is acknowledged by itself, as handlers end.
      await Promise.all(messages.map(({ lease }) => queues.done(queue, [lease])))
      done += messages.length
    }
  }
  const consumers = Array.from({ length: inFlight }, consumer)
  const sent = await during(milliseconds, inFlight, () => send(queue))
  while (done < sent) await wait(1)
  stop.abort()
  await Promise.all(consumers)
  return done
}

function send(queue: string): Promise<void> {
  const id = `m${++ids}`
  return queues.send([{ queue, id, body, ...(queue === 'steps' ? { orderKey: `k${ids % 1_000}` } : {}) }])
}

/** Sixteen that handle what comes, until they are stopped. */
function consuming(max: number, handle: (id: string) => void): () => Promise<unknown> {
  const stop = new AbortController()
  setMaxListeners(100, stop.signal)
  const consumer = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      for (const { id, lease } of await queues.receive('work', { max, leaseMs: 30_000, signal: stop.signal })) {
        handle(id)
        void queues.done('work', [lease])
      }
    }
  }
  const consumers = Array.from({ length: 16 }, consumer)
  return () => {
    stop.abort()
    return Promise.all(consumers)
  }
}

/** Milliseconds from before the sending to the handler. */
async function latencies(perSecond: number, milliseconds: number): Promise<number[]> {
  const sentAt = new Map<string, number>()
  const taken: number[] = []
  const stop = consuming(1, id => taken.push(performance.now() - (sentAt.get(id) ?? 0)))
  const start = performance.now()
  for (let sent = 0; performance.now() - start < milliseconds; ) {
    for (; sent < ((performance.now() - start) * perSecond) / 1_000; sent++) {
      const id = `m${++ids}`
      sentAt.set(id, performance.now())
      void queues.send([{ queue: 'work', id, body }])
    }
    await wait(1)
  }
  while (taken.length < sentAt.size) await wait(5)
  await stop()
  return taken
}

async function showStalls(): Promise<void> {
  let count = 0
  const stop = consuming(10, () => count++)
  await sendAndProcess('steps', 500, 64)
  const seconds = Number(process.argv.find(each => each.startsWith('--seconds='))?.slice('--seconds='.length) ?? 60)
  const usedUs = cpuUs()
  const { handled, latestMs, longestMs } = await stalls(
    { perSecond: 5_000, seconds },
    () => send('work'),
    () => count,
  )
  const share = (cpuUs() - usedUs) / 1e6 / seconds
  await showCheckpoints(share, Math.min(seconds, 20), () => count)
  await stop()
  console.log(
    '| 5,000 a second sent and handled | longest, of the processor | a timer was late by at most |\n|---|---|---|',
  )
  console.log(`| ${round(handled)} | ${longestMs.toFixed(1)} ms | ${latestMs.toFixed(1)} ms |`)
}

/** What of the processor goes into bringing the journal into the data file; the rest of that file's flush is the disk's. */
async function showCheckpoints(share: number, seconds: number, count: () => number): Promise<void> {
  const found = await shares(['bringIn'], () => stalls({ perSecond: 5_000, seconds }, () => send('work'), count))
  console.log('| of one core, all threads | of this thread’s time, bringing the journal in |\n|---|---|')
  console.log(`| ${(share * 100).toFixed(1)} % | ${((found.get('bringIn') ?? 0) * 100).toFixed(2)} % |\n`)
}

async function show(name: string, work: () => Promise<number>): Promise<void> {
  console.log(line(name, await measured(folder.path, work, () => environment.transactions.begun)))
}

async function showAll(): Promise<void> {
  await sendAndProcess('work', 500, 64)
  console.log(lineHead)
  await show('send, 1 in flight', () => during(1_500, 1, () => send('growing')))
  await show('send, 64 in flight', () => during(2_000, 64, () => send('growing')))
  for (const queue of ['work', 'steps']) {
    await show(`send and process, 64 in flight, ${queue === 'steps' ? 'ordered' : 'not ordered'}`, () =>
      sendAndProcess(queue, 2_500, 64),
    )
  }
  // Beside what the disk alone takes, before and after: who shares it is in both.
  const before = flushTimes(folder.path)
  const taken = await latencies(500, 5_000)
  const flushes = [...before, ...flushTimes(folder.path)]
  console.log('\n| ms | p50 | p99 |\n|---|---|---|')
  for (const [name, times] of Object.entries({ 'sent to handled, 500 a second': taken, 'fdatasync alone': flushes })) {
    console.log(`| ${name} | ${percentile(times, 0.5).toFixed(2)} | ${percentile(times, 0.99).toFixed(2)} |`)
  }
}

try {
  if (process.argv.includes('--stalls')) await showStalls()
  else {
    if (!process.argv.includes('--growth')) await showAll()
    if (!process.argv.includes('--short')) await grow()
  }
} finally {
  await environment.close()
  folder.remove()
}

/** Messages that wait: microseconds (passed, and of the processor) for each further one, to open again, the heap with all. */
async function grow(): Promise<void> {
  await queues.purge('growing', 'waiting')
  console.log(
    '\n| messages that wait | µs for each further one | of the processor | ms to open again | heap, MB |\n|---|---|---|---|---|',
  )
  let from = 0
  for (const to of growthSteps()) {
    const start = performance.now()
    const usedUs = cpuUs()
    for (let at = from; at < to; at += 1_000) {
      await queues.send(Array.from({ length: 1_000 }, (_, n) => ({ queue: 'growing', id: `g${at + n}`, body })))
    }
    const each = ((performance.now() - start) * 1_000) / (to - from)
    const used = (cpuUs() - usedUs) / (to - from)
    const openMs = await reopened()
    globalThis.gc?.()
    const heap = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(1)
    const { ready } = await queues.counts('growing')
    console.log(`| ${round(ready)} | ${each.toFixed(1)} | ${used.toFixed(1)} | ${openMs} | ${heap} |`)
    from = to
  }
}

async function reopened(): Promise<string> {
  await environment.close()
  const start = performance.now()
  environment = openEnvironment(folder.path, { plan: 'bench' })
  const again: EmbeddedQueues = await embeddedQueues(environment, { clock, queues: shapes })
  queues = again
  await queues.receive('growing', { max: 1, leaseMs: 1, signal: new AbortController().signal })
  return (performance.now() - start).toFixed(0)
}
