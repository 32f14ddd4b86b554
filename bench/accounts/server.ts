/**
 * The measured server: accounts on the embedded engines, behind our door, in a process of its own. It is believed to
 * stand behind one proxy, so that the load can come from many addresses.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accounts } from '@groundplan/accounts'
import { anyone, endpoint, gateway, mailbox, plan, seed, service } from 'groundplan'
import { z } from 'zod'
import { serve } from '../../framework/src/http/node.ts'
import { embedded } from '../../framework/src/targets/embedded.ts'

const people = accounts('people', {
  roles: ['customer'],
  newcomers: { roles: ['customer'] },
  mail: mailbox('bench', { from: 'bench@example.org' }),
})
const Hello = z.object({ hello: z.string() })
const open = endpoint('GET /open', {
  summary: 'For anyone',
  caller: anyone,
  returns: Hello,
  handle: () => ({ hello: 'you' }),
})
const mine = endpoint('GET /mine', {
  summary: 'For who is signed in',
  caller: people.session({ role: 'customer' }),
  returns: Hello,
  handle: ({ caller }) => ({ hello: caller.userId }),
})
const lifted = { rate: 1_000_000, burst: 1_000_000 }
const shop = plan('shop', {
  gateways: {
    api: gateway(service('front', { open, mine }), { throttle: lifted }),
    accounts: people.gateway,
  },
})
/** One for each flood: what is used up stays so for a quarter of an hour. */
const owners = Array.from({ length: Number(process.argv[2] ?? 1) }, (_, at) => `owner-${at + 1}@example.org`)
const owner = { name: 'The owner', password: 'the password of the owner', roles: ['customer'] as const }
const sample = seed({
  uses: { db: people.database.writer },
  handle: ({ at }, { db }) => Promise.all(owners.map(email => people.enrol(db, at, { ...owner, email }))),
})

const folder = await mkdtemp(join(tmpdir(), 'groundplan-bench-'))
const target = embedded({ folder, baseUrl: 'http://127.0.0.1', logs: () => {} })
const runtime = await target.start(shop, { settings: {}, secrets: {} })
await runtime.as('seed', sample.uses, sample.handle)
const served = await serve([runtime.door], { clock: target.clock, report: console.error, trustProxy: 1 })
process.once('SIGTERM', async () => {
  await served.close(0)
  await target.stop(0)
  await rm(folder, { recursive: true, force: true })
  process.exit()
})
console.log(`port ${served.port}`)
