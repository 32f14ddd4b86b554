/**
 * A crowd sells cameras, each sale under a key of its own, while the process that serves them is killed again and again.
 * Whoever hears nothing asks again under the same key. In the end every sale that somebody heard of is one camera less,
 * no camera was sold twice, and none that was not there.
 */

import { sleep } from '../../contract/clock.ts'
import { handlerQueue } from '../../contract/names.ts'
import type { QueueCounts } from '../../contract/queue.ts'
import { type Child, startChild } from '../../embedded/test/child.ts'
import { type EmbeddedTarget, embedded } from '../embedded.ts'
import { aheadClock } from './ahead.ts'
import { sales } from './sales-plan.ts'

export interface SalesReport {
  readonly kills: number
  /** Keys under which somebody heard of a sale. */
  readonly sold: number
  /** Keys under which somebody heard that there is none left. */
  readonly soldOut: number
  /** Requests that were asked again. */
  readonly retries: number
}

export interface Selling {
  /** The folder of the data. */
  readonly folder: string
  readonly kills: number
  readonly clients: number
  /** How many sales each client tries. */
  readonly salesEach: number
  /** Numbers from 0 to 1, by which the moments are chosen. */
  readonly random: () => number
  /** The folder of the sources. Default: seen from this file. */
  readonly sources?: URL
}

/** How many there are in the beginning. */
const stock = 1_000

/** Throws at the first thing that is not as it was told. */
export async function sellUnderKills(selling: Selling): Promise<SalesReport> {
  const shop = new MortalShop(selling)
  try {
    const told = await sellAll(shop, selling)
    const sold = [...told].flatMap(([key, left]) => (left === undefined ? [] : [{ key, left }]))
    await compare(shop, sold, told.size)
    await shop.kill()
    await compareNotes(selling, sold.length)
    return { kills: shop.kills, sold: sold.length, soldOut: told.size - sold.length, retries: shop.retries }
  } finally {
    await shop.close()
  }
}

/** What each key was told: how many were left after its sale; undefined where the last was gone. */
type Told = Map<string, number | undefined>

async function sellAll(shop: MortalShop, { clients, salesEach, kills, random }: Selling): Promise<Told> {
  const told: Told = new Map()
  const total = clients * salesEach
  // The moments at which it is killed: one somewhere in each part of the answers.
  const moments = Array.from({ length: kills }, (_, at) => Math.floor(((at + random()) * total) / kills))
  const client = async (number: number): Promise<void> => {
    for (let sale = 0; sale < salesEach; sale++) {
      const key = `client-${number}-sale-${sale}`
      told.set(key, await shop.sell(key))
      if (told.size > (moments[0] ?? Number.POSITIVE_INFINITY)) {
        moments.shift()
        await shop.restart()
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  // Moments that came while it was down.
  for (const _moment of moments) await shop.restart()
  return told
}

interface Sale {
  readonly key: string
  readonly left: number
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

async function compare(shop: MortalShop, sold: readonly Sale[], keys: number): Promise<void> {
  const left = await shop.left()
  must(sold.length === Math.min(keys, stock), `${sold.length} of ${keys} heard of a sale`)
  must(left === stock - sold.length, `${sold.length} were sold and ${left} are left`)
  const lefts = sold.map(sale => sale.left).sort((one, other) => other - one)
  const wrong = lefts.findIndex((each, at) => each !== stock - 1 - at)
  must(wrong === -1, `a camera was sold twice or not at all: ${lefts[wrong]} left is sale ${wrong + 1}`)
  for (const { key, left: before } of sold) {
    const again = await shop.sell(key)
    must(again === before, `"${key}" was told ${before}, and then ${again}`)
  }
  must((await shop.left()) === left, 'asking again sold something')
}

/** Every sale is noted once by the subscriber of the table's changes. */
async function compareNotes({ folder, kills }: Selling, sold: number): Promise<void> {
  const target = embedded({ folder, baseUrl: 'http://localhost', clock: aheadClock(kills + 3), logs: () => {} })
  try {
    const { queues, store } = await startedOn(target)
    const queue = handlerQueue('server', 'noteSale')
    for (let counts = await queues.counts(queue); isBusy(counts); counts = await queues.counts(queue)) {
      await sleep(target.clock, 10)
    }
    const noted = await store.count('sales')
    must(noted === sold, `${noted} sales were noted of ${sold}`)
  } finally {
    await target.stop(10_000)
  }
}

async function startedOn(target: EmbeddedTarget) {
  await target.start(sales, { settings: {}, secrets: {} })
  const [started] = target.started
  if (!started) throw new Error('it was not started')
  return started.drivers
}

function isBusy({ ready, leased, delayed, dead }: QueueCounts): boolean {
  must(dead === 0, `${dead} notes were given up`)
  return ready + leased + delayed > 0
}

/** The process that serves the shop, and the next one when it is killed. */
class MortalShop {
  readonly #selling: Selling
  #child: Child
  #address: Promise<string>
  /** Which process it is that answers, counted from 0. */
  #life = 0
  #kills = 0
  #retries = 0

  constructor(selling: Selling) {
    this.#selling = selling
    this.#child = this.#start()
    this.#address = addressOf(this.#child)
  }

  get kills(): number {
    return this.#kills
  }

  get retries(): number {
    return this.#retries
  }

  /** How many are left after the sale; undefined where the last was gone. Asked until it is answered. */
  async sell(key: string): Promise<number | undefined> {
    for (;;) {
      const life = this.#life
      const answer = await this.#ask('/decrement', { method: 'POST', headers: { 'Idempotency-Key': key } }).catch(
        error => {
          // Nothing but a kill may keep an answer from us.
          if (life === this.#life) throw error
        },
      )
      if (answer) return answer.code === 'sold-out' ? undefined : Number(answer.left)
      this.#retries++
    }
  }

  async left(): Promise<number> {
    return Number((await this.#ask('/counter', {})).left)
  }

  async restart(): Promise<void> {
    this.#life++
    this.#kills++
    const killed = this.#child.kill()
    this.#address = killed.then(() => {
      this.#child = this.#start()
      return addressOf(this.#child)
    })
    await this.#address
  }

  async kill(): Promise<void> {
    this.#kills++
    await this.#child.kill()
  }

  async close(): Promise<void> {
    await this.#address.catch(() => {})
    await this.#child.kill()
  }

  #start(): Child {
    const { folder, sources = new URL('../../', import.meta.url) } = this.#selling
    const program = new URL('targets/test/sales-child.ts', sources)
    const loader = new URL('embedded/test/typescript.mjs', sources)
    return startChild(program, [folder, String(this.#life)], loader)
  }

  async #ask(path: string, init: RequestInit): Promise<{ readonly left?: unknown; readonly code?: unknown }> {
    const response = await fetch((await this.#address) + path, init)
    const body = (await response.json()) as { readonly left?: unknown; readonly code?: unknown }
    if (response.ok || body.code === 'sold-out') return body
    throw new Error(`answered with ${response.status}: ${JSON.stringify(body)}`)
  }
}

async function addressOf(child: Child): Promise<string> {
  const line = await child.said(each => each.startsWith('ready '))
  return line.slice('ready '.length)
}
