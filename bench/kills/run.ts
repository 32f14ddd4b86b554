/**
 * Claim: 200 clients sell the counter empty, each sale under a key of its own and asked again until it is answered,
 * while the process is killed at any moment: what was told is sold, once, and never more than there was. The test kills 5
 * times; here as often as asked: `npm run kills -w groundplan-bench -- 50`.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sellUnderKills } from '../../framework/src/targets/test/sales.ts'
import { dataFolder } from '../disk.ts'

const kills = Number(process.argv.find(argument => /^\d+$/.test(argument)) ?? 50)
const folder = dataFolder()
const sources = pathToFileURL(join(process.cwd(), '../framework/src/'))
const start = performance.now()
try {
  const selling = { folder: folder.path, clients: 200, salesEach: 6, random: Math.random, sources }
  const { sold, soldOut, retries, ...report } = await sellUnderKills({ ...selling, kills })
  const seconds = ((performance.now() - start) / 1_000).toFixed(0)
  console.log(`after ${report.kills} kills in ${seconds} s: ${sold} sold under ${sold} keys, none twice, none below 0;`)
  console.log(`${soldOut} were told that the last is gone; ${retries} requests were asked again`)
} finally {
  folder.remove()
}
