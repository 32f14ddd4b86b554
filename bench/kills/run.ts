/**
 * Claim: a process that is killed at any moment keeps every promise. Three shows, each on disk, with so many kills:
 * - counter: 200 clients sell under keys, over HTTP, asked again until they are answered;
 * - queue: 10,000 messages of 100 keys, one in fifty of which cannot be done;
 * - storefront: a rush of orders over HTTP, with events, mails and a view that follow.
 * The tests kill three or four times; here 50: `npm run kills -w groundplan-bench`, or as often as asked, and
 * those named (`-- 10 queue`). Takes some minutes. Ends with 1 at the first thing that is not as it was told.
 */
import { join } from 'node:path'
import { walkUnderKills } from '../../framework/src/targets/test/queue-kills.ts'
import { compile, dueBuilds } from '../../scripts/lib/builds.mjs'
import { sellUnderKills } from '../../systems/counter/test/crowd.ts'
import { orderUnderKills } from '../../systems/storefront/test/rush.ts'
import { dataFolder, round } from '../disk.ts'

const kills = Number(process.argv.find(argument => /^\d+$/.test(argument)) ?? 50)
const root = join(process.cwd(), '..')
const random = Math.random

type Show = (data: string) => Promise<string>

const shows: Readonly<Record<string, Show>> = {
  async counter(data) {
    const report = await sellUnderKills({ root, data, kills, clients: 200, salesEach: 6, random })
    const { sold, soldOut, askedAgain } = report
    return `${round(sold)} sold under as many keys, none twice; ${soldOut} told "sold out"; ${round(askedAgain)} asked again`
  },
  async queue(folder) {
    const source = join(root, 'framework/src/targets')
    const { done, dead } = await walkUnderKills({ folder, source, kills, lines: 100, stepsEach: 100, random })
    return `${round(done)} done, each key in its order; ${dead} dead letters with their reasons; none lost`
  },
  async storefront(data) {
    const report = await orderUnderKills({ root, data, kills, customers: 40, ordersEach: 30, random })
    const { placed, soldOut, renamed, askedAgain } = report
    return `${placed} orders, ${soldOut} sold out, ${renamed} names: stock, orders, inbox, mails and catalogue agree; ${round(askedAgain)} asked again`
  },
}

// The program that is killed is the one that is built.
for (const build of dueBuilds(root))
  if (['framework', 'drivers/postgres', 'targets/aws'].includes(build.folder)) await compile(root, build)

console.log('| show | kills | seconds | counted |\n|---|---|---|---|')
const named = Object.keys(shows).filter(name => process.argv.includes(name))
for (const name of named.length > 0 ? named : Object.keys(shows)) {
  const folder = dataFolder()
  const start = performance.now()
  try {
    const counted = await shows[name]?.(folder.path)
    console.log(`| ${name} | ${kills} | ${((performance.now() - start) / 1_000).toFixed(0)} | ${counted} |`)
  } finally {
    folder.remove()
  }
}
