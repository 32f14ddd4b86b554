/**
 * Kills a process that writes, again and again at any moment, and looks each time whether what it was told is true: every
 * acknowledged write and message is there, none half, attempts are counted, and the order of every key is kept.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { ChangeMessage, Store } from '../../contract/store.ts'
import { memoryClock } from '../../memory/clock.ts'
import { openEnvironment } from '../environment.ts'
import { type EmbeddedQueues, embeddedQueues } from '../queue.ts'
import { embeddedStore } from '../store.ts'
import type { Letter } from './crash-child.ts'
import { keys, leaseMs, queueShapes, tableShapes } from './crash-shapes.ts'
import { bundled, start } from './program.ts'

export interface CrashReport {
  readonly kills: number
  readonly commits: number
  readonly sent: number
  readonly received: number
  readonly done: number
  /** Messages without order that were done. */
  readonly finished: number
}

/** What a process said before it was killed. */
interface Said {
  readonly commits: readonly number[]
  readonly sent: readonly string[]
  readonly received: ReadonlyMap<string, number>
  readonly done: ReadonlySet<string>
  readonly crowd: readonly string[]
  readonly given: ReadonlyMap<string, number>
  readonly finished: ReadonlySet<string>
}

export interface CrashOptions {
  /** The folder of the engine's sources. */
  readonly source: string
  /** Gives numbers from 0 to 1, by which the moments are chosen. */
  readonly random: () => number
  /** Rounds that the folder has seen before: a message of the same number would be the same message. Default 0. */
  readonly from?: number
}

/** Runs so many rounds on a folder. Throws at the first thing that is not as it was acknowledged. */
export async function crashRounds(
  folder: string,
  rounds: number,
  { source, random, from = 0 }: CrashOptions,
): Promise<CrashReport> {
  const program = await bundled('crash-child.ts', source)
  const report = { kills: 0, commits: 0, sent: 0, received: 0, done: 0, finished: 0 }
  for (let round = 0; round < rounds; round++) {
    const child = start(program, source, [folder, `${(from + round) * 1_000_000}`])
    const said = await killed(child, random() * 250, round % 3 > 0)
    await inspect(folder, said, round)
    report.kills++
    report.commits += said.commits.length
    report.sent += said.sent.length
    report.received += said.received.size
    report.done += said.done.size
    report.finished += said.finished.size
  }
  return report
}

/**
 * What it said until it was killed, some milliseconds after it was ready: at any moment, or (`speaking`) at the very
 * moment it says that something is acknowledged, when what it says too early would not be there yet.
 */
async function killed(child: ChildProcess, afterMs: number, speaking: boolean): Promise<Said> {
  let text = ''
  let due = false
  const kill = (): void => {
    due = true
    if (!speaking) child.kill('SIGKILL')
  }
  child.stdout?.on('data', data => {
    if (text === '') setTimeout(kill, afterMs)
    text += data
    if (due) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'close')
  if (signal !== 'SIGKILL') throw new Error('the process ended by itself')
  // A line that is not whole was said all the same; it only cannot be read.
  return heard(text.split('\n').slice(0, -1))
}

function heard(lines: readonly string[]): Said {
  const of = (letter: Letter): string[][] => lines.map(line => line.split(' ')).filter(([first]) => first === letter)
  return {
    commits: of('c').map(([, n]) => Number(n)),
    sent: of('s').map(([, id = '']) => id),
    received: new Map(of('r').map(([, id = '', attempt]) => [id, Number(attempt)])),
    done: new Set(of('d').map(([, id = '']) => id)),
    crowd: of('m').map(([, id = '']) => id),
    given: new Map(of('g').map(([, id = '', attempt]) => [id, Number(attempt)])),
    finished: new Set(of('f').map(([, id = '']) => id)),
  }
}

/** Opens the folder as a new process would, compares, and leaves it empty. */
async function inspect(folder: string, said: Said, round: number): Promise<void> {
  // By now every lease has ended.
  const clock = memoryClock(Date.now() + 2 * leaseMs)
  const environment = openEnvironment(folder, { plan: 'crash' })
  try {
    const queues = await embeddedQueues(environment, { clock, queues: queueShapes })
    const store = await embeddedStore(environment, { clock, tables: tableShapes, queues })
    await inspectCommits(store, queues, said)
    await inspectSteps(queues, said)
    await inspectCrowd(queues, said)
  } catch (error) {
    throw new Error(`after kill ${round + 1}: ${error instanceof Error ? error.message : error}`, { cause: error })
  } finally {
    await environment.close()
  }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

async function inspectCommits(store: Store, queues: EmbeddedQueues, { commits }: Said): Promise<void> {
  const one = await idsIn(store, 'one')
  const other = await idsIn(store, 'other')
  const indexed = await idsInGroups(store)
  const sent = new Map((await queues.peek('work', 1_000_000)).map(({ id, body }) => [id, body]))
  const told = (await queues.peek('changes', 1_000_000)).map(({ body }) => JSON.parse(body) as ChangeMessage)
  const changed = new Set(told.map(({ change }) => String(change.key.id)))
  for (const n of commits) must(one.has(`${n}`), `the acknowledged commit ${n} is gone`)
  one.delete('sum')
  for (const [name, ids] of Object.entries({ other, indexed, sent, changed })) {
    const half = [...one.keys()].find(id => !ids.has(id))
    must(half === undefined, `commit ${half} is there by half: ${name} lacks it`)
  }
  for (const id of [...other.keys(), ...sent.keys()]) must(one.has(id), `commit ${id} is there by half`)
  for (const [id, body] of sent) must(JSON.parse(body).length === (Number(id) * 37) % 4_000, `message ${id} is damaged`)
  must((await store.count('other')) === other.size, 'the items are counted wrong')
  must((await queues.counts('work')).ready === sent.size, 'the messages are counted wrong')
  await clear(store, queues, other)
}

async function idsIn(store: Store, table: string): Promise<Map<string, true>> {
  const ids = new Map<string, true>()
  let after: string | undefined
  do {
    const page = await store.scan(table, { limit: 1_000, ...(after === undefined ? {} : { after }) })
    for (const { id } of page.items) ids.set(String(id), true)
    after = page.after
  } while (after !== undefined)
  return ids
}

async function idsInGroups(store: Store): Promise<Map<string, true>> {
  const ids = new Map<string, true>()
  for (let group = 0; group < 7; group++) {
    let after: string | undefined
    do {
      const query = { index: 'group', partition: group, limit: 1_000, ...(after === undefined ? {} : { after }) }
      const page = await store.query('one', query)
      for (const { id } of page.items) ids.set(String(id), true)
      after = page.after
    } while (after !== undefined)
  }
  return ids
}

async function clear(store: Store, queues: EmbeddedQueues, ids: ReadonlyMap<string, true>): Promise<void> {
  const all = [...ids.keys()]
  for (let at = 0; at < all.length; at += 50) {
    const some = all.slice(at, at + 50)
    const remove = (table: string) => some.map(id => ({ op: 'remove', table, key: { id } }) as const)
    await store.commit({ writes: [...remove('one'), ...remove('other')] })
  }
  for (const queue of ['work', 'changes']) await queues.purge(queue, 'waiting')
}

async function inspectSteps(queues: EmbeddedQueues, said: Said): Promise<void> {
  const signal = new AbortController().signal
  const waiting = await queues.peek('steps', 1_000_000)
  const left = new Set(waiting.map(({ id }) => id))
  for (const id of said.done) must(!left.has(id), `step ${id} was done and is there again`)
  for (const id of said.sent) must(left.has(id) || said.received.has(id), `the acknowledged step ${id} is gone`)
  const last = new Map<string, number>()
  for (let count = waiting.length; count > 0; ) {
    const batch = await queues.receive('steps', { max: 10, leaseMs: 60_000, signal })
    for (const { id, attempt, lease } of batch) {
      const [key = '', n] = id.split('.')
      must(Number(n) > (last.get(key) ?? -1), `step ${id} came before an earlier one`)
      last.set(key, Number(n))
      const before = said.received.get(id) ?? 0
      must(attempt > before, `step ${id} comes with attempt ${attempt} after ${before}`)
      await queues.done('steps', [lease])
      count--
    }
  }
  for (const key of keys) gapless(key, [...left, ...said.done], said)
  const { ready, leased, delayed } = await queues.counts('steps')
  must(ready + leased + delayed === 0, 'the steps are counted wrong')
}

async function inspectCrowd(queues: EmbeddedQueues, { crowd, given, finished }: Said): Promise<void> {
  const signal = new AbortController().signal
  const waiting = await queues.peek('crowd', 1_000_000)
  const left = new Set(waiting.map(({ id }) => id))
  must(left.size === waiting.length, 'a message is there twice')
  for (const id of finished) must(!left.has(id), `message ${id} was done and is there again`)
  for (const id of crowd) must(left.has(id) || given.has(id), `the acknowledged message ${id} is gone`)
  for (const id of given.keys())
    must(Number(id) % 11 > 0 || left.has(id), `message ${id} is gone, which nobody finished`)
  for (let count = waiting.length; count > 0; ) {
    const batch = await queues.receive('crowd', { max: 10, leaseMs: 60_000, signal })
    for (const { id, attempt, body } of batch) {
      const before = given.get(id) ?? 0
      must(attempt > before, `message ${id} comes with attempt ${attempt} after ${before}`)
      must(JSON.parse(body).length === (Number(id) * 37) % 400, `message ${id} is damaged`)
      count--
    }
    await queues.done(
      'crowd',
      batch.map(({ lease }) => lease),
    )
  }
  const { ready, leased, delayed } = await queues.counts('crowd')
  must(ready + leased + delayed === 0, 'the messages without order are counted wrong')
}

/** Of each key at most one was done without its acknowledgement having been heard. */
function gapless(key: string, known: readonly string[], { sent }: Said): void {
  const found = new Set(known)
  const missing = sent.filter(id => id.startsWith(`${key}.`) && !found.has(id))
  must(missing.length <= 1, `steps ${missing.join(', ')} are neither there nor done`)
}
