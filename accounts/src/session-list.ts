/** Where somebody is signed in, as it is shown to themselves and to managers. */
import { z } from 'zod'
import type { Uses } from './kit.ts'

export const SessionShown = z.object({
  sessionId: z.string(),
  address: z.string(),
  agent: z.string(),
  since: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
})

/** All sessions of a person, the one that was seen last first. */
export async function sessionList({ db }: Pick<Uses, 'db'>, userId: string) {
  const rows = await db.sql
    .selectFrom('session')
    .innerJoin('families', 'families.session_id', 'session.id')
    .select(['session.id', 'ipAddress', 'userAgent', 'rotated_at', 'first_at'])
    .where('userId', '=', userId)
    .orderBy('rotated_at', 'desc')
    .execute()
  return rows.map(row => ({
    sessionId: row.id,
    address: row.ipAddress ?? '',
    agent: row.userAgent ?? '',
    since: row.first_at,
    lastSeen: row.rotated_at,
  }))
}
