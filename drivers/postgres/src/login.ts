/** How a server is reached: by all that its address says, or with a password that is asked for at each new connection. */
import type { Opening } from 'groundplan/driver'
import type pg from 'pg'

/** Gives the password of now. */
export type Password = () => Promise<string>

/** A password that changes, as a config names it: `auroraPassword(…)` of `@groundplan/aws/config`. */
export interface PasswordSource {
  /** Variables that must be set before it is asked. */
  readonly variables: readonly string[]
  open(opening: Pick<Opening, 'clock' | 'text'>): Promise<Password>
}

/**
 * What a connection is made with. Connections outlive a password that was changed: only new ones ask.
 * @param url with a password of its own, where none is given
 */
export function loginOf(url: string, password: Password | undefined): pg.ClientConfig {
  if (!password) return { connectionString: url }
  const { hostname, port, username, pathname, searchParams } = new URL(url)
  return {
    host: hostname,
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
    password,
    ...(searchParams.get('sslmode') === 'verify-full' ? { ssl: { rejectUnauthorized: true } } : {}),
  }
}
