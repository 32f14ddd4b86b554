/**
 * What accounts do by themselves: keys change before they are old, and what is over is removed. The public keys are
 * there for whoever wants to check a token without us.
 */
import { anyone, endpoint, schedule } from 'groundplan'
import { z } from 'zod'
import { jwksOf } from './access.ts'
import { changeKeys, ringOf } from './keys.ts'
import type { Kit } from './kit.ts'
import { idleMs, lastsMs } from './opened.ts'

/** UTC. */
const removesAtHour = 3

const PublicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
  kid: z.string(),
  x: z.string(),
})

export function upkeepHandlers({ uses, kept }: Kit) {
  const publicKeys = endpoint('GET /jwks.json', {
    summary: 'The public keys of access tokens (RFC 7517)',
    caller: anyone,
    returns: z.object({ keys: z.array(PublicKey) }),
    uses: { ring: kept.seen.ring },
    async handle(_call, clients) {
      const { keys } = jwksOf(await ringOf(clients))
      return { keys: keys.map(key => ({ ...key, kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' }) as const) }
    },
  })
  const upkeep = schedule(
    { every: '1 hour' },
    {
      uses,
      async handle({ at }, clients) {
        // Where nobody ever signed in there is nothing to keep up, and no database to open for it.
        if ((await ringOf(clients)).length === 0) return
        await changeKeys(clients, { at })
        // What is over lets nobody in: it is only removed, at night, so that a database that sleeps is not woken each hour.
        if (at.getUTCHours() !== removesAtHour) return
        const { sql } = clients.db
        const idle = new Date(at.getTime() - idleMs).toISOString()
        const old = new Date(at.getTime() - lastsMs).toISOString()
        const over = sql
          .selectFrom('families')
          .select('session_id')
          .where(eb => eb.or([eb('rotated_at', '<', idle), eb('first_at', '<', old)]))
        await sql.deleteFrom('session').where('id', 'in', over).execute()
        await sql.deleteFrom('session').where('expiresAt', '<', at.toISOString()).execute()
        await sql.deleteFrom('verification').where('expiresAt', '<', at.toISOString()).execute()
      },
    },
  )
  return { publicKeys, upkeep }
}
