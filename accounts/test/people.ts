/** People of the tests: they sign up, confirm and sign in as anybody would. */
import { createHmac } from 'node:crypto'
import { seed } from 'groundplan'
import type { Testbed } from 'groundplan/testbed'
import type shop from './shop.ts'
import { people } from './shop.ts'

export type Bed = Testbed<(typeof shop)['gateways']>

export const password = 'a long enough password'

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly device?: string | undefined
}

let made = 0

/** A new person, enrolled as a seed would. */
export async function person(
  bed: Pick<Bed, 'seed'>,
  more: {
    readonly roles?: readonly ('customer' | 'operator' | 'treasurer')[]
    readonly tenant?: 'north' | 'south'
  } = {},
) {
  made += 1
  const email = `person-${made}@example.org`
  const { roles = ['customer'], tenant = 'north' } = more
  const enrolling = seed({
    uses: { db: people.database.writer },
    handle: async ({ at }, { db }) => [
      await people.enrol(db, at, { name: `Person ${made}`, email, password, roles, tenant }),
    ],
  })
  const [userId = ''] = await bed.seed(enrolling)
  return { userId, email, password }
}

export async function signedIn(bed: Bed, who: { readonly email: string; readonly password: string }): Promise<Tokens> {
  const { email, password } = who
  const reply = await bed.gateways.accounts.signIn({ body: { email, password, deliver: 'body' } })
  return tokensOf(reply)
}

/** The tokens of a reply; throws what it says instead. */
export function tokensOf(reply: {
  readonly ok: boolean
  readonly value?: { readonly tokens?: Tokens | undefined } | { readonly state: 'second-factor' }
}): Tokens {
  if (reply.ok && reply.value && 'tokens' in reply.value && reply.value.tokens) return reply.value.tokens
  throw new Error(`no tokens: ${JSON.stringify(reply)}`)
}

export function as(bed: Bed, { accessToken }: Tokens) {
  return bed.with({ authorization: `Bearer ${accessToken}` })
}

/** The tokens in the links of the mails to somebody, the latest last; waits until there are so many. */
export async function linksTo(bed: Bed, email: string, many = 1): Promise<readonly string[]> {
  for (let second = 0; second < 60; second++) {
    await bed.settled()
    const mails = (await bed.mails()).filter(({ to }) => to.includes(email))
    if (mails.length >= many) {
      return mails.map(({ text }) => decodeURIComponent(/#token=(\S+)/.exec(text)?.[1] ?? ''))
    }
    // better-auth takes half a second to answer, by a timer.
    await bed.advance('1 second')
  }
  throw new Error(`no mail came to ${email}`)
}

/** What an authenticator app shows (RFC 6238), from the address it was given. */
export function codeOf(uri: string, at: Date): string {
  const secret = base32(new URL(uri).searchParams.get('secret') ?? '')
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at.getTime() / 30_000)))
  const digest = createHmac('sha1', secret).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 0xf
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

function base32(text: string): Buffer {
  const bits = [...text].map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
}
