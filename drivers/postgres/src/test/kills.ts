/**
 * Kills a process that writes and works, or the server under it, again and again; then counts. Whatever was acknowledged
 * must be there, each commit whole or not at all, and each message heard of or still to be heard.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Item } from 'groundplan/driver'
import type { Engine } from '../engine.ts'
import type { Server } from './cluster.ts'
import { asked, live } from './live.ts'

export const writerCommand: readonly string[] = [
  '--import',
  fileURLToPath(new URL('../../../../framework/src/embedded/test/typescript.mjs', import.meta.url)),
  '--conditions=groundplan-source',
  fileURLToPath(new URL('writer-child.ts', import.meta.url)),
]

export interface Survived {
  readonly kills: number
  readonly acknowledged: number
  /** Acknowledged, and not there. */
  readonly lost: number
  /** Parts of a commit without the others: sum, item and message must be as many. */
  readonly torn: number
  /** Messages of commits that are there, neither heard of nor waiting. */
  readonly unheard: number
}

/** Between kills so many commits are acknowledged at least. */
const mostBetween = 60

/** @param command what runs the writer: as sources, or as somebody has bundled it */
export async function killed(
  server: Server,
  what: 'process' | 'server',
  kills: number,
  command: readonly string[] = writerCommand,
): Promise<Survived> {
  const system = await live(server.url)
  const acknowledged = new Set<number>()
  let child: ChildProcess | undefined
  const begin = (): void => {
    const from = String(Math.max(-1, ...acknowledged) + 1_000)
    child = spawn(process.execPath, [...command, server.url, system.shape.plan, from], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (child.stdout) createInterface({ input: child.stdout }).on('line', line => acknowledged.add(Number(line)))
  }
  const end = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }
  try {
    begin()
    for (let kill = 0; kill < kills; kill++) {
      const enough = acknowledged.size + 1 + ((kill * 37) % mostBetween)
      while (acknowledged.size < enough) await wait(5)
      if (what === 'process') {
        await end()
        begin()
      } else {
        await server.kill()
        await server.start()
      }
    }
    const enough = acknowledged.size + mostBetween
    while (acknowledged.size < enough) await wait(5)
    await end()
    await othersEnded(server.url)
    return { kills, acknowledged: acknowledged.size, ...(await counted(await system.open(), acknowledged)) }
  } finally {
    await end()
    await system.close()
  }
}

/** What the server does for a process goes on for a moment when that is dead: what is counted meanwhile does not agree. */
async function othersEnded(url: string): Promise<void> {
  const text = `select count(*)::int as n from pg_stat_activity where application_name = 'groundplan'`
  while ((await asked(url, text))[0]?.n !== 0) await wait(20)
}

async function counted(engine: Engine, acknowledged: ReadonlySet<number>) {
  const { queues, store } = engine
  // What the dead process had leased comes back when its leases have run out.
  while ((await queues.counts('work')).leased > 0) await wait(100)
  const waiting = await queues.peek('work', 1_000_000)
  const kept = new Set(await numbersOf(engine, 'c'))
  const told = new Set([...(await numbersOf(engine, 'heard')), ...waiting.map(({ body }) => numberIn(body))])
  const sum = Number((await store.get('counters', { id: 'all' }))?.n ?? 0)
  return {
    lost: [...acknowledged].filter(n => !kept.has(n)).length,
    torn: Math.abs(sum - kept.size) + [...told].filter(n => !kept.has(n)).length,
    unheard: [...kept].filter(n => !told.has(n)).length,
  }
}

function numberIn(body: string): number {
  return (JSON.parse(body) as { readonly n: number }).n
}

async function numbersOf({ store }: Engine, partition: string): Promise<number[]> {
  const found: Item[] = []
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await store.query('orders', { partition, limit: 1_000, ...(after === undefined ? {} : { after }) })
    found.push(...page.items)
    after = page.after
  }
  return found.map(({ order }) => Number(order))
}
