/** Whether a browser brings a cookie of a session of these accounts. Whether it still counts, only the accounts know. */
import 'server-only'
import { cookies } from 'next/headers'

export async function hasSession(accounts: string): Promise<boolean> {
  const jar = await cookies()
  const names = ['access', 'refresh'].flatMap(kind => [`${accounts}-${kind}`, `__Host-${accounts}-${kind}`])
  return names.some(name => jar.has(name))
}
