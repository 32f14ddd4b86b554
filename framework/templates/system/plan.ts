/**
 * __name__: a guest book. Whoever writes into it is shown at once; what they wrote is checked a moment later.
 */
import { anyone, atomically, consumer, endpoint, gateway, plan, queue, service, table } from 'groundplan'
import { z } from 'zod'

export const Entry = z.object({
  book: z.string().default('guests'),
  entryId: z.string(),
  name: z.string().min(1).max(80),
  text: z.string().min(1).max(2_000),
  writtenAt: z.iso.datetime(),
  checked: z.boolean().default(false),
})

export const entries = table('entries', { item: Entry, key: ['book', 'entryId'] })
export const checks = queue('checks', { message: Entry.pick({ book: true, entryId: true }) })

export const write = endpoint('POST /entries', {
  summary: 'Write into the guest book',
  caller: anyone,
  body: Entry.pick({ name: true, text: true }),
  returns: { 201: Entry },
  once: 'Idempotency-Key',
  uses: { entries: entries.writer, checks: checks.sender },
  async handle({ body, at, newId }, { entries, checks }) {
    const entry = Entry.parse({ ...body, entryId: newId(), writtenAt: at.toISOString() })
    // Both or neither: an entry that is kept is checked, whatever dies in between.
    return atomically({ entry: entries.put(entry), check: checks.send(entry) }).answer(entry, {})
  },
})

export const list = endpoint('GET /entries', {
  summary: 'The last entries',
  caller: anyone,
  returns: z.object({ entries: z.array(Entry) }),
  uses: { entries: entries.reader },
  async handle(_call, { entries }) {
    const { items } = await entries.query({ book: 'guests' }, { limit: 20, reverse: true })
    return { entries: items }
  },
})

export const check = consumer(checks, {
  uses: { entries: entries.writer },
  async handle({ message }, { entries }) {
    await entries.patch(message, { checked: true })
  },
})

export const server = service('server', { write, list, check })

export default plan('__name__', { gateways: { api: gateway(server) } })
