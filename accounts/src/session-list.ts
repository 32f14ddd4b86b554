/** Where somebody is signed in, as it is shown to themselves and to managers. */
import { z } from 'zod'
import type { Uses } from './kit.ts'
import { idleMs, lastsMs } from './opened.ts'

export const SessionShown = z.object({
  sessionId: z.string(),
  address: z.string(),
  agent: z.string(),
  since: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
})

/** The sessions of a person that are not over, the one that was seen last first. */
export async function sessionList({ db }: Pick<Uses, 'db'>, userId: string, at: Date) {
  const rows = await db.sql
    .selectFrom('session')
    .innerJoin('families', 'families.session_id', 'session.id')
    .select(['session.id', 'ipAddress', 'userAgent', 'rotated_at', 'first_at'])
    .where('userId', '=', userId)
    .where('rotated_at', '>', new Date(at.getTime() - idleMs).toISOString())
    .where('first_at', '>', new Date(at.getTime() - lastsMs).toISOString())
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
