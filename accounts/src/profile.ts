/**
 * Changing one's name and address. A new address is used once its owner has confirmed it; whoever has the old one is
 * told. Nobody learns whether an address is somebody else's: the mail goes out, and its link does nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { attempt } from './attempts.ts'
import { audited } from './audit.ts'
import { rootOf } from './keys.ts'
import {
  Email,
  type Kit,
  limited,
  Name,
  Password,
  sendWanted,
  strangersPace,
  Token,
  tooManyAttempts,
  type Uses,
} from './kit.ts'
import { asked, gone } from './mine.ts'
import type { SignedIn } from './session.ts'

const dayMs = 86_400_000

export function profileChanges(kit: Kit) {
  return { changeName: changeName(kit), changeEmail: changeEmail(kit), confirmEmail: confirmEmail(kit) }
}

function changeName({ uses, door }: Kit) {
  return endpoint('PUT /name', {
    summary: 'Change my name',
    caller: door.signedIn(),
    body: z.object({ name: Name }),
    returns: z.object({ name: z.string() }),
    uses,
    async handle({ body: { name }, caller, at, newId }, clients) {
      await clients.db.sql.updateTable('user').set({ name }).where('id', '=', caller.userId).execute()
      await audited(clients, { at, newId }, caller, { kind: 'name-changed', userId: caller.userId })
      return { name }
    },
  })
}

function changeEmail(kit: Kit) {
  const { uses, door } = kit
  return endpoint('PUT /email', {
    summary: 'Change my address: the new one is confirmed by a mail',
    caller: door.signedIn(),
    body: z.object({ email: Email, password: Password }),
    returns: { 202: z.object({ state: z.literal('mail-on-its-way') }) },
    fails: { 'wrong-password': 403, 'not-signed-in': 401, ...limited },
    uses,
    async handle({ body: { email, password }, caller, at }, clients) {
      if (!(await attempt(clients, at, { letters: caller.userId }))) return tooManyAttempts
      const done = await asked(kit, clients, caller, at, (api, headers) =>
        api.verifyPassword({ body: { password }, headers }),
      )
      if ('code' in done) return done
      const user = await userOf(clients, caller)
      if (!user) return gone
      const token = await changeToken(clients, caller.userId, user.email, email, at.getTime() + dayMs)
      const mail = { kind: 'change' as const, email, name: user.name, token }
      await sendWanted(kit, clients, caller.site, [mail])
      return { state: 'mail-on-its-way' as const }
    },
  })
}

function confirmEmail(kit: Kit) {
  const { uses, door } = kit
  return endpoint('POST /email/confirm', {
    summary: 'Use a new address, with the token of the mail',
    caller: door.visitor(),
    body: z.object({ token: Token }),
    returns: z.object({ state: z.literal('changed') }),
    fails: { 'link-invalid': 400, ...limited },
    pace: strangersPace,
    uses,
    async handle({ body: { token }, caller, at, newId }, clients) {
      if (!(await attempt(clients, at, { address: caller.address }))) return tooManyAttempts
      const change = await readChange(clients, token, at)
      const user = change && (await changed(clients, change))
      if (!user) return problem('link-invalid', 'The link is wrong, was used, or is too old')
      const { userId, from: email } = change
      await sendWanted(kit, clients, caller.site, [{ kind: 'changed', email, name: user.name, token: '' }])
      await audited(clients, { at, newId }, caller, { kind: 'email-changed', userId })
      return { state: 'changed' as const }
    },
  })
}

function userOf({ db }: Uses, { userId }: Pick<SignedIn, 'userId'>) {
  return db.sql.selectFrom('user').select(['name', 'email']).where('id', '=', userId).executeTakeFirst()
}

/** Once: the address that it changes is part of the link. Undefined where somebody else has the new one. */
async function changed({ db }: Uses, { userId, from, to }: Change): Promise<{ readonly name: string } | undefined> {
  const taken = await db.sql.selectFrom('user').select('id').where('email', '=', to).executeTakeFirst()
  if (taken) return undefined
  return db.sql
    .updateTable('user')
    .set({ email: to, emailVerified: true })
    .where('id', '=', userId)
    .where('email', '=', from)
    .returning('name')
    .executeTakeFirst()
}

// ---------- the token

const Change = z.object({ userId: z.string(), from: z.email(), to: z.email(), untilMs: z.int() })
type Change = z.output<typeof Change>

async function changeToken(uses: Uses, userId: string, from: string, to: string, untilMs: number): Promise<string> {
  const payload = Buffer.from(JSON.stringify({ userId, from, to, untilMs } satisfies Change)).toString('base64url')
  return `${payload}.${(await macOf(uses, payload)).toString('base64url')}`
}

async function readChange(uses: Uses, token: string, at: Date): Promise<Change | undefined> {
  const [payload = '', mac = ''] = token.split('.')
  const [given, right] = [Buffer.from(mac, 'base64url'), await macOf(uses, payload)]
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  const change = Change.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  return change.untilMs > at.getTime() ? change : undefined
}

async function macOf(uses: Uses, payload: string): Promise<Buffer> {
  return createHmac('sha256', (await rootOf(uses)).for('changed addresses'))
    .update(payload)
    .digest()
}
