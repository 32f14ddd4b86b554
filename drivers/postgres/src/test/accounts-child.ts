/**
 * A process of a system with accounts, on a server that other processes use, too: says its port, and does what its input
 * says. `advance <ms>` puts its clock forward, `change-keys` makes the next key that tokens are signed with; each is
 * answered by `done`.
 */
import { createInterface } from 'node:readline'
import { keeping } from '@groundplan/accounts/src/keeping'
import { changeKeys } from '@groundplan/accounts/src/keys'
import shop, { mail } from '@groundplan/accounts/test/shop'
import { seed } from 'groundplan'
import type { Clock } from 'groundplan/driver'
import { serve } from 'groundplan/http/node'
import { memoryBuckets } from 'groundplan/memory/bucket'
import { memoryMail } from 'groundplan/memory/mail'
import { startRuntime } from 'groundplan/runtime/runtime'
import { runtimeTables, shapeOf } from 'groundplan/target'
import { postgresDrivers } from '../drivers.ts'

const [url = '', schema = '', databaseUrl = ''] = process.argv.slice(2)
let ahead = 0
const clock: Clock = {
  now: () => Date.now() + ahead,
  at(atMs, run) {
    const timer = setTimeout(run, Math.max(0, atMs - clock.now()))
    return () => clearTimeout(timer)
  },
}
const shape = shapeOf(shop, runtimeTables)
const buckets = memoryBuckets({ clock, baseUrl: 'http://localhost', key: 'k', buckets: shape.buckets, accept() {} })
const drivers = await postgresDrivers(shape, {
  ...{ url, schema, clock, buckets, mail: memoryMail({ clock }), connections: 5 },
  masterKey: Buffer.alloc(32, 1),
  databaseUrl: () => databaseUrl,
})
const runtime = await startRuntime(shop, drivers, { logs: () => {} })
const served = await serve([runtime.door], { clock, report: console.error, trustProxy: 1 })
console.log(served.port)

const { keys, roots, ring } = keeping('people', mail).uses
const changing = seed({
  uses: { keys, roots, ring },
  handle: async (call, uses) => {
    await changeKeys(uses, call, true)
    return []
  },
})
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ms] = line.split(' ')
  if (command === 'advance') ahead += Number(ms)
  else await runtime.as('change-keys', changing.uses, changing.handle)
  console.log('done')
}
