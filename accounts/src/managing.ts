/**
 * What managers do: see people, invite them, give and take roles, sign them out, read the audit trail. A manager with a
 * tenant sees and does so within it, and nothing else exists for him.
 */
import { answer, endpoint, problem } from 'groundplan'
import { z } from 'zod'
import { audited } from './audit.ts'
import { enrolled } from './enrol.ts'
import { Email, hashed, type Kit, limited, Name, type Uses } from './kit.ts'
import { EventShown } from './mine.ts'
import * as sessions from './opened.ts'
import type { SignedIn } from './session.ts'

const PersonShown = z.object({
  userId: z.string(),
  name: z.string(),
  email: z.email(),
  verified: z.boolean(),
  secondFactor: z.boolean(),
  roles: z.array(z.string()),
  tenant: z.string().optional(),
  since: z.iso.datetime(),
})
const nobody = problem('not-found', 'There is no such person')
const pageRows = 100

export function managingEndpoints(kit: Kit) {
  return { ...peopleEndpoints(kit), ...changingEndpoints(kit), auditTrail: auditTrail(kit) }
}

/** Nobody manages where no role does. */
function manager({ door, managers }: Kit) {
  return door.signedIn([managers ?? 'nobody'])
}

function schemasOf({ declared: { roles, tenants } }: Kit) {
  return {
    roles: z.array(z.enum(roles)).max(20),
    tenant: (tenants === 'open' ? z.string().min(1).max(100) : z.enum(tenants)).optional(),
  }
}

function peopleEndpoints(kit: Kit) {
  const people = endpoint('GET /people', {
    summary: 'People with their roles, by their ids',
    caller: manager(kit),
    query: z.object({ after: z.string().optional() }),
    returns: z.object({ items: z.array(PersonShown), after: z.string().optional() }),
    uses: kit.uses,
    async handle({ caller, query }, { db }) {
      const rows = await peopleIn(db, caller.tenant)
        .where('user.id', '>', query.after ?? '')
        .orderBy('user.id')
        .limit(pageRows)
        .execute()
      const last = rows.length === pageRows ? rows.at(-1)?.id : undefined
      return { items: rows.map(shown), ...(last === undefined ? {} : { after: last }) }
    },
  })
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
  return { people, invite }
}

function changingEndpoints(kit: Kit) {
  const { roles } = schemasOf(kit)
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
      const roles = [...new Set(body.roles)]
      const membership = { user_id: userId, roles, tenant: caller.tenant ?? null, development: false }
      await clients.db.sql
        .insertInto('memberships')
        .values(membership)
        .onConflict(conflict => conflict.column('user_id').doUpdateSet({ roles }))
        .execute()
      await sessions.tokensOutdated(clients, userId, at)
      const detail = roles.join(', ')
      await audited(clients, { at, newId }, caller, { kind: 'roles-changed', userId, by: caller.userId, detail })
      return { roles }
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
  return { setRoles, signOutPerson }
}

function auditTrail(kit: Kit) {
  return endpoint('GET /audit/:day', {
    summary: 'What happened on a day (UTC), in its order; kept for a year',
    caller: manager(kit),
    params: z.object({ day: z.iso.date() }),
    query: z.object({ after: z.string().optional() }),
    returns: z.object({ items: z.array(EventShown), after: z.string().optional() }),
    uses: kit.uses,
    async handle({ params: { day }, query, caller }, { audit, db }) {
      const page = await audit.query({ day }, query)
      if (caller.tenant === undefined) return page
      const own = new Set((await peopleIn(db, caller.tenant).execute()).map(({ id }) => id))
      return { ...page, items: page.items.filter(({ userId }) => userId !== undefined && own.has(userId)) }
    },
  })
}

function peopleIn({ sql }: Uses['db'], tenant: string | undefined) {
  const all = sql
    .selectFrom('user')
    .leftJoin('memberships', 'memberships.user_id', 'user.id')
    .select(['id', 'name', 'email', 'emailVerified', 'twoFactorEnabled', 'createdAt', 'roles', 'tenant'])
  return tenant === undefined ? all : all.where('tenant', '=', tenant)
}

type Row = Awaited<ReturnType<ReturnType<typeof peopleIn>['execute']>>[number]

function shown(row: Row): z.input<typeof PersonShown> {
  const { id, name, email, emailVerified, twoFactorEnabled, createdAt, roles, tenant } = row
  return {
    userId: id,
    name,
    email,
    verified: emailVerified,
    secondFactor: twoFactorEnabled === true,
    roles: roles ?? [],
    ...(tenant ? { tenant } : {}),
    since: createdAt,
  }
}

/** A person whom this manager may see. */
function personOf({ db }: Uses, userId: string, { tenant }: SignedIn): Promise<Row | undefined> {
  return peopleIn(db, tenant).where('user.id', '=', userId).executeTakeFirst()
}
