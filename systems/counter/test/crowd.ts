/**
 * A crowd sells cameras, each sale under a key of its own, while the process that serves them is killed again and again.
 * Whoever hears nothing asks again under the same key. In the end every sale that somebody heard of is one camera less,
 * no camera was sold twice, and none that was not there.
 */
import { join } from 'node:path'
import { seed } from 'groundplan'
import { embedded } from 'groundplan/embedded'
import { type Asking, type Heard, type Mortal, mortal } from 'groundplan/process'
import counter, { sales } from '../plan.ts'

export interface CrowdReport {
  readonly kills: number
  /** Keys under which somebody heard of a sale. */
  readonly sold: number
  /** Keys under which somebody heard that there is none left. */
  readonly soldOut: number
  /** Requests that were asked again. */
  readonly askedAgain: number
}

export interface Crowd {
  /** The folder of the repository. */
  readonly root: string
  /** The folder of the data. */
  readonly data: string
  readonly kills: number
  readonly clients: number
  /** How many sales each client tries. */
  readonly salesEach: number
  /** Numbers from 0 to 1, by which the moments are chosen. */
  readonly random: () => number
}

/** How many there are in the beginning. */
const stock = 1_000

/** Throws at the first thing that is not as it was told. */
export async function sellUnderKills(crowd: Crowd): Promise<CrowdReport> {
  await using shop = await mortal({ system: 'counter', root: crowd.root, data: crowd.data })
  const told = await sellAll(shop, crowd)
  const sold = [...told].flatMap(([key, left]) => (left === undefined ? [] : [{ key, left }]))
  await compare(shop, sold, told.size)
  const { kills, askedAgain } = shop
  must((await shop.stop()) === 0, 'it did not stop as it should')
  await allNoted(crowd, shop, sold.length)
  return { kills, sold: sold.length, soldOut: told.size - sold.length, askedAgain }
}

/** What each key was told: how many were left after its sale; undefined where the last was gone. */
type Told = Map<string, number | undefined>

async function sellAll(shop: Mortal, { clients, salesEach, kills, random }: Crowd): Promise<Told> {
  const told: Told = new Map()
  const total = clients * salesEach
  // The moments at which it is killed: one somewhere in each part of the answers.
  const moments = Array.from({ length: kills }, (_, at) => Math.floor(((at + random()) * total) / kills))
  const client = async (number: number): Promise<void> => {
    for (let sale = 0; sale < salesEach; sale++) {
      const key = `client-${number}-sale-${sale}`
      const due = told.size >= (moments[0] ?? Number.POSITIVE_INFINITY)
      if (due) moments.shift()
      // In turn at the very moment that it answers, and at any.
      const atAnswer = due && moments.length % 2 === 0
      told.set(key, leftOf(await (atAnswer ? shop.killAtAnswer(path, asking(key)) : shop.ask(path, asking(key)))))
      if (due && !atAnswer) await shop.kill()
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  // Moments that came while it was down.
  for (const _moment of moments) await shop.kill()
  return told
}

const path = '/api/counter/decrement'

function asking(key: string): Asking {
  return { method: 'POST', headers: { 'Idempotency-Key': key } }
}

/** How many are left after the sale; undefined where the last was gone. */
function leftOf({ status, body }: Heard): number | undefined {
  const { left, code } = body as { readonly left?: number; readonly code?: string }
  if (code === 'sold-out') return undefined
  must(status === 200 && left !== undefined, `a sale was answered with ${status}: ${JSON.stringify(body)}`)
  return left
}

async function leftIn(shop: Mortal): Promise<number> {
  const { body } = await shop.ask('/api/counter/counter')
  return (body as { readonly left: number }).left
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

interface Sale {
  readonly key: string
  readonly left: number
}

async function compare(shop: Mortal, sold: readonly Sale[], keys: number): Promise<void> {
  const left = await leftIn(shop)
  must(sold.length === Math.min(keys, stock), `${sold.length} of ${keys} heard of a sale`)
  must(left === stock - sold.length, `${sold.length} were sold and ${left} are left`)
  const lefts = sold.map(sale => sale.left).sort((one, other) => other - one)
  const wrong = lefts.findIndex((each, at) => each !== stock - 1 - at)
  must(wrong === -1, `a camera was sold twice or not at all: ${lefts[wrong]} left is sale ${wrong + 1}`)
  // Every fiftieth, since the gateway lets 200 a second pass.
  for (const { key, left: before } of sold.filter((_, at) => at % 50 === 0)) {
    const again = leftOf(await shop.ask(path, asking(key)))
    must(again === before, `"${key}" was told ${before}, and then ${again}`)
  }
  must((await leftIn(shop)) === left, 'asking again sold something')
}

/** Runs the plan once more on what was left behind, until the subscriber of the table's changes has noted each sale. */
async function allNoted({ data }: Crowd, { clock }: Mortal, sold: number): Promise<void> {
  const target = embedded({ folder: join(data, 'data'), baseUrl: 'http://localhost', clock, logs: () => {} })
  try {
    const runtime = await target.start(counter, { settings: {}, secrets: {} })
    const noted = async (): Promise<number> => ((await runtime.as('test', look.uses, look.handle)) as string[]).length
    const latestMs = clock.now() + 30_000
    while ((await noted()) < sold && clock.now() < latestMs) {
      await new Promise<void>(resolve => clock.at(clock.now() + 20, resolve))
    }
    must((await noted()) === sold, `${await noted()} sales were noted of ${sold}`)
  } finally {
    await target.stop(1_000)
  }
}

const look = seed({
  uses: { sales: sales.scanner },
  async handle(_call, { sales }) {
    const ids: string[] = []
    let after: string | undefined
    do {
      const page = await sales.scan({ limit: 500, ...(after === undefined ? {} : { after }) })
      ids.push(...page.items.map(({ saleId }) => saleId))
      after = page.after
    } while (after !== undefined)
    return ids
  },
})
