/**
 * What managers do: see people, invite them, give and take roles, lock their accounts, sign them out. A manager with a
 * tenant sees and does so within it, and nothing else exists for him. Nobody does any of it to themselves.
 */
import { answer, endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { audited } from './audit.ts'
import { enrolled } from './enrol.ts'
import { Email, hashed, type Kit, limited, Name } from './kit.ts'
import { kept, newcomer } from './membership.ts'
import * as sessions from './opened.ts'
import { manager, nobody, PersonShown, peopleIn, personOf, personShown } from './people.ts'
import { SessionShown, sessionList } from './session-list.ts'

const pageRows = 50

export function managingEndpoints(kit: Kit) {
  return { ...seeingEndpoints(kit), ...changingEndpoints(kit), ...closingEndpoints(kit) }
}

function schemasOf({ declared: { roles, tenants } }: Kit) {
  return {
    roles: z.array(z.enum(roles)).max(20),
    tenant: (tenants === 'open' ? z.string().min(1).max(100) : z.enum(tenants)).optional(),
  }
}

function seeingEndpoints(kit: Kit) {
  const people = endpoint('GET /people', {
    summary: 'People with their roles, by their addresses',
    caller: manager(kit),
    query: z.object({
      /** A part of the name or the address. */
      search: z.string().trim().max(100).optional(),
      role: z.enum(kit.declared.roles).optional(),
      after: z.string().max(100).optional(),
    }),
    returns: z.object({ items: z.array(PersonShown), after: z.string().optional() }),
    uses: kit.uses,
    async handle({ caller, query: { search, role, after } }, { db }) {
      let asked = peopleIn(db, caller.tenant).orderBy('email').limit(pageRows)
      if (search) asked = asked.where(eb => eb.or(searched.map(column => eb(column, 'ilike', containing(search)))))
      if (role) asked = asked.where(eb => eb('roles', '@>', eb.cast<string[]>(eb.val(JSON.stringify([role])), 'jsonb')))
      if (after) asked = asked.where('email', '>', eb => eb.selectFrom('user').select('email').where('id', '=', after))
      const rows = await asked.execute()
      const last = rows.length === pageRows ? rows.at(-1)?.id : undefined
      return { items: rows.map(personShown), ...(last === undefined ? {} : { after: last }) }
    },
  })
  const person = endpoint('GET /people/:userId', {
    summary: 'Somebody, and where they are signed in',
    caller: manager(kit),
    returns: z.object({ person: PersonShown, sessions: z.array(SessionShown) }),
    fails: { 'not-found': 404 },
    uses: kit.uses,
    async handle({ params: { userId }, caller, at }, clients) {
      const row = await personOf(clients, userId, caller)
      return row ? { person: personShown(row), sessions: await sessionList(clients, userId, at) } : nobody
    },
  })
  const choices = endpoint('GET /roles', {
    summary: 'The roles that people may be given, and the tenants they may be of',
    caller: manager(kit),
    returns: z.object({
      roles: z.array(z.string()),
      /** Roles that are had only with a second factor. */
      withSecondFactor: z.array(z.string()),
      /** Empty where there is nothing to choose; `open`: any. */
      tenants: z.union([z.array(z.string()), z.literal('open')]),
    }),
    handle({ caller }) {
      const { roles, tenants } = kit.declared
      const open = tenants === 'open' ? tenants : [...tenants]
      return { roles: [...roles], withSecondFactor: [...kit.guarded], tenants: caller.tenant === undefined ? open : [] }
    },
  })
  return { people, person, choices }
}

const searched = ['name', 'email'] as const

/** What `ilike` finds it by, wherever it stands. */
function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, each => `\\${each}`)}%`
}

function changingEndpoints(kit: Kit) {
  const { roles } = schemasOf(kit)
  const invite = endpoint('POST /people', {
    summary: 'Make an account for somebody, who chooses a password with the link of the mail',
    caller: manager(kit),
    body: z.object({ name: Name, email: Email, ...schemasOf(kit) }),
    returns: { 201: z.object({ userId: z.string() }) },
    fails: { 'not-found': 404, ...limited },
    uses: kit.uses,
    async handle({ body, caller, at, newId }, clients) {
      const tenant = caller.tenant ?? body.tenant
      if (body.tenant !== undefined && body.tenant !== tenant) return nobody
      const person = { ...body, tenant, userId: newId() }
      const done = await hashed(kit, async () => ({ userId: await enrolled(clients.db, at, kit.hashing, person) }))
      if ('code' in done) return done
      await clients.letters.send({ kind: 'reset', email: body.email, pages: caller.site.origin })
      if (done.userId === person.userId) {
        await audited(clients, { at, newId }, caller, { kind: 'person-invited', ...done, by: caller.userId })
      }
      return answer(201, { userId: person.userId })
    },
  })
  const setRoles = endpoint('PUT /people/:userId/roles', {
    summary: 'Give and take roles: at once, everywhere',
    caller: manager(kit),
    body: z.object({ roles }),
    returns: z.object({ roles: z.array(z.string()) }),
    fails: { 'not-found': 404, 'own-roles': 409 },
    uses: kit.uses,
    async handle({ params: { userId }, body, caller, at, newId }, clients) {
      if (userId === caller.userId) return problem('own-roles', 'Nobody changes their own roles')
      if (!(await personOf(clients, userId, caller))) return nobody
      const membership = newcomer(kit, userId, body.roles)
      await kept(clients, membership, 'roles')
      await sessions.tokensOutdated(clients, userId, at)
      const detail = membership.roles.join(', ')
      await audited(clients, { at, newId }, caller, { kind: 'roles-changed', userId, by: caller.userId, detail })
      return { roles: membership.roles }
    },
  })
  return { invite, setRoles }
}

function closingEndpoints(kit: Kit) {
  const setLock = endpoint('PUT /people/:userId/lock', {
    summary: 'Lock an account, which ends its sessions, pauses its keys and lets nobody in, or open it again',
    caller: manager(kit),
    body: z.object({ locked: z.boolean() }),
    returns: z.object({ locked: z.boolean() }),
    fails: { 'not-found': 404, 'own-account': 409 },
    uses: { ...kit.uses, ...(kit.apiKeys ? { apiKeys: kit.apiKeys.keys.keys.writer } : {}) },
    async handle({ params: { userId }, body: { locked }, caller, at, newId }, clients) {
      if (userId === caller.userId) return problem('own-account', 'Nobody locks their own account')
      if (!(await personOf(clients, userId, caller))) return nobody
      const locked_at = locked ? at.toISOString() : null
      // The lock first: who signs in meanwhile is refused, or has a session that is ended now.
      await kept(clients, { ...newcomer(kit, userId), locked_at }, 'locked_at')
      if (locked) await sessions.sessionsEnded(clients, userId, at)
      // A tenant's keys are the tenant's, whoever made them.
      if (clients.apiKeys) await kit.apiKeys?.keys.pause(clients.apiKeys, userId, locked)
      const kind = locked ? 'person-locked' : 'person-unlocked'
      await audited(clients, { at, newId }, caller, { kind, userId, by: caller.userId })
      return { locked }
    },
  })
  const signOutPerson = endpoint('DELETE /people/:userId/sessions', {
    summary: 'End all sessions of somebody',
    caller: manager(kit),
    returns: z.object({ ended: z.int() }),
    fails: { 'not-found': 404 },
    uses: kit.uses,
    async handle({ params: { userId }, caller, at, newId }, clients) {
      if (!(await personOf(clients, userId, caller))) return nobody
      const ended = await sessions.sessionsEnded(clients, userId, at)
      await audited(clients, { at, newId }, caller, { kind: 'session-ended', userId, by: caller.userId })
      return { ended }
    },
  })
  return { setLock, signOutPerson }
}
