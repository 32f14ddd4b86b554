/**
 * Claim: a process that is killed at any moment leaves every acknowledged write and message, and nothing by half. The
 * test does this for a few seconds; here as often as asked: `npm run crash -w groundplan-bench -- 500`.
 */
import { join } from 'node:path'
import { crashRounds } from '../../framework/src/embedded/test/crash.ts'
import { dataFolder } from '../disk.ts'

const kills = Number(process.argv.find(argument => /^\d+$/.test(argument)) ?? 200)
const folder = dataFolder()
const source = join(process.cwd(), '../framework/src/embedded')
try {
  for (let at = 0; at < kills; at += 20) {
    const { commits, sent, received, done, finished } = await crashRounds(folder.path, Math.min(20, kills - at), {
      source,
      random: Math.random,
      from: at,
    })
    console.log(
      `after ${at + 20} kills: ${commits} commits, ${sent} sent, ${received} received, ${done + finished} done were all there`,
    )
  }
} finally {
  folder.remove()
}
