/**
 * The audit trail: who signed in, from where, and what was changed. Kept for a year, written with what it tells of.
 */
import type { Call, Clients } from 'groundplan'
import type { z } from 'zod'
import type { AccountsUses, AuditEvent } from './keeping.ts'
import type { Visit } from './session.ts'

export const auditMs = 365 * 86_400_000

type Told = Pick<z.input<typeof AuditEvent>, 'kind' | 'userId' | 'by' | 'tenant' | 'detail'>

export async function audited(
  { audit }: Pick<Clients<AccountsUses>, 'audit'>,
  { at, newId }: Pick<Call, 'at' | 'newId'>,
  { address, agent }: Pick<Visit, 'address' | 'agent'>,
  told: Told,
): Promise<void> {
  const iso = at.toISOString()
  await audit.put({
    ...told,
    day: iso.slice(0, 10),
    eventId: newId(),
    at: iso,
    address,
    ...(agent === undefined ? {} : { agent }),
    expiresAt: new Date(at.getTime() + auditMs).toISOString(),
  })
}
