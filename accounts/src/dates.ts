/**
 * Times between two libraries: the database gives ISO strings, better-auth reads `Date`s. What it asks for goes through
 * this plugin of Kysely; what we ask for does not.
 */
import type { KyselyPlugin } from 'kysely'

const timeColumns = new Set([
  'expiresAt',
  'createdAt',
  'updatedAt',
  'lockedUntil',
  'accessTokenExpiresAt',
  'refreshTokenExpiresAt',
])

export const datesForBetterAuth: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => ({ ...result, rows: result.rows.map(withDates) }),
}

function withDates(row: Record<string, unknown>): Record<string, unknown> {
  const changed = { ...row }
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === 'string' && isTime(name)) changed[name] = new Date(value)
  }
  return changed
}

/** Joined columns carry their table before them: `_user_createdAt`. */
function isTime(name: string): boolean {
  return timeColumns.has(name.slice(name.lastIndexOf('_') + 1))
}
