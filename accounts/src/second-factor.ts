/**
 * The second factor: codes of an app on a phone (TOTP), and recovery codes for the day the phone is lost. Both are kept
 * sealed; a code is good once.
 */
import { endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { attempt, firstUse, forgiven } from './attempts.ts'
import { audited } from './audit.ts'
import { sessionTokenOf } from './better-auth.ts'
import { Code, type Kit, limited, Password, tooManyAttempts } from './kit.ts'
import { asked, gone, renewing, replaced } from './mine.ts'
import * as sessions from './opened.ts'
import { SignedInAnswer } from './sign-in.ts'

const deliver = z.enum(['cookies', 'body']).default('cookies')
const passwordFails = { 'wrong-password': 403, 'not-signed-in': 401, ...limited } as const
const alreadyOn = problem('already-on', 'There is a second factor already')

export function secondFactorEndpoints(kit: Kit) {
  return {
    addSecondFactor: addSecondFactor(kit),
    confirmSecondFactor: confirmSecondFactor(kit),
    ...furtherEndpoints(kit),
  }
}

function addSecondFactor(kit: Kit) {
  const { uses, door } = kit
  return endpoint('POST /second-factor', {
    summary: 'Begin with a second factor: the secret for the app, and recovery codes, both shown this once',
    description: 'Asked for at sign-in from when a first code has been confirmed.',
    caller: door.signedIn(),
    body: z.object({ password: Password }),
    returns: z.object({ uri: z.string(), recoveryCodes: z.array(z.string()) }),
    fails: { 'already-on': 409, ...passwordFails },
    uses,
    async handle({ body: { password }, caller, at }, clients) {
      const { userId } = caller
      const user = await clients.db.sql
        .selectFrom('user')
        .select('twoFactorEnabled')
        .where('id', '=', userId)
        .executeTakeFirst()
      if (user?.twoFactorEnabled) return alreadyOn
      const given = await asked(kit, clients, caller, at, (api, headers) =>
        api.enableTwoFactor({ body: { password, method: 'totp' }, headers }),
      )
      if ('code' in given) return given
      if (given.method !== 'totp') return gone
      await forgiven(clients, at, { account: userId })
      return { uri: given.totpURI, recoveryCodes: given.backupCodes }
    },
  })
}

function confirmSecondFactor(kit: Kit) {
  const { uses, door } = kit
  return endpoint('POST /second-factor/confirm', {
    summary: 'Show a first code: from now on it is asked for at sign-in; every other session ends',
    caller: door.signedIn(),
    body: z.object({ code: Code, deliver }),
    returns: SignedInAnswer,
    fails: { 'wrong-code': 403, 'already-on': 409, 'not-signed-in': 401, 'wrong-password': 403, ...limited },
    uses,
    async handle({ body: { code, deliver }, caller, at, newId }, clients) {
      const { userId } = caller
      if (!(await attempt(clients, at, { account: userId }))) return tooManyAttempts
      const before = await sessions.sessionsOf(clients, userId)
      const done = await asked(kit, clients, caller, at, (api, headers) =>
        api.verifyTOTP({ body: { code }, headers, returnHeaders: true }),
      )
      if ('code' in done) return done.code === 'wrong-password' ? problem('wrong-code', 'The code is wrong') : done
      const token = sessionTokenOf(done.headers)
      if (token === undefined) return alreadyOn
      await firstUse(clients, at, `code/${userId}/${code}`)
      return replaced(kit, clients, caller, { at, newId }, deliver, { kind: 'second-factor-added', token, before })
    },
  })
}

function furtherEndpoints(kit: Kit) {
  const { uses, door } = kit
  const removeSecondFactor = endpoint('POST /second-factor/off', {
    summary: 'Do without the second factor; every other session ends, and this one is made anew',
    caller: door.signedIn(),
    body: z.object({ password: Password, deliver }),
    returns: SignedInAnswer,
    fails: passwordFails,
    uses,
    handle: ({ body: { password, deliver }, caller, at, newId }, clients) =>
      renewing(kit, clients, caller, { at, newId }, deliver, 'second-factor-removed', (api, headers) =>
        api.disableTwoFactor({ body: { password }, headers, returnHeaders: true }),
      ),
  })
  const recoveryCodes = endpoint('POST /second-factor/recovery-codes', {
    summary: 'New recovery codes, shown this once; the old ones are good no more',
    caller: door.signedIn(),
    body: z.object({ password: Password }),
    returns: z.object({ recoveryCodes: z.array(z.string()) }),
    fails: passwordFails,
    uses,
    async handle({ body: { password }, caller, at, newId }, clients) {
      const given = await asked(kit, clients, caller, at, (api, headers) =>
        api.generateBackupCodes({ body: { password }, headers }),
      )
      if ('code' in given) return given
      await audited(clients, { at, newId }, caller, { kind: 'recovery-codes-made', userId: caller.userId })
      return { recoveryCodes: given.backupCodes }
    },
  })
  return { removeSecondFactor, recoveryCodes }
}
