/**
 * Mail handed over once for each id, whatever the carrier remembers: an item of a table for each mail, made before it is
 * handed over and kept for 30 days after. Whoever finds a mail being handed over by another process is to ask again; a
 * claim whose process died ends after some minutes, and then a mail may go out twice.
 */
import type { Clock } from './clock.ts'
import type { HandedOver, Mail, MailCarrier } from './mail.ts'
import type { Store, TableShape } from './store.ts'

/** What a target that hands mail over so opens its store with. */
export const mailTable: TableShape = {
  name: 'groundplan-mail',
  key: ['id'],
  indexes: {},
  expires: 'until',
  changesTo: [],
}

const claimMs = 5 * 60_000
const keptMs = 30 * 86_400_000
const table = mailTable.name

/** The carrier, with a memory. */
export function mailOnce(carrier: Pick<MailCarrier, 'send'>, store: Store, clock: Clock): MailCarrier {
  const underWay = new Map<string, Promise<HandedOver>>()
  const until = (ms: number): string => new Date(clock.now() + ms).toISOString()
  const handOver = async (mail: Mail): Promise<HandedOver> => {
    const { id } = mail
    const claim = { id, state: 'claimed', until: until(claimMs) }
    const claimed = await store.commit({ writes: [{ op: 'insert', table, item: claim }] })
    if (!claimed.ok) return isSent(await store.get(table, { id }))
    const handed = await carrier.send(mail).catch(failure)
    const keeps = { op: 'put', table, item: { id, state: 'sent', until: until(keptMs) } } as const
    await store.commit({ writes: [handed.ok ? keeps : { op: 'remove', table, key: { id } }] })
    return handed
  }
  return {
    send(mail) {
      const same = underWay.get(mail.id)
      if (same) return same
      const handed = handOver(mail).finally(() => underWay.delete(mail.id))
      underWay.set(mail.id, handed)
      return handed
    },
  }
}

function isSent(item: { readonly state?: unknown } | undefined): HandedOver {
  if (item?.state === 'sent') return { ok: true }
  return { ok: false, retry: 'again', reason: 'another process is handing it over' }
}

function failure(error: unknown): HandedOver {
  return { ok: false, retry: 'again', reason: error instanceof Error ? error.message : String(error) }
}
