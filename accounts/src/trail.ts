/**
 * The audit trail as it is read: a person's own, and all of it by managers, who within a tenant see what is told of its
 * people alone. It is kept by days, so a look at all of it goes from day to day, the latest first.
 */
import { type Call, endpoint } from 'groundplan'
import { z } from 'zod'
import { AuditEvent, auditKinds } from './keeping.ts'
import type { Kit, Uses } from './kit.ts'
import { manager, peopleIn } from './people.ts'
import type { SignedIn } from './session.ts'

export const EventShown = AuditEvent.omit({ day: true, expiresAt: true })

/** With names, where it is told of people whom the manager may see. */
const EventNamed = EventShown.extend({
  name: z.string().optional(),
  email: z.string().optional(),
  byName: z.string().optional(),
})
/** In the one form in which times are kept, so that they can be compared as text. */
const Time = z.iso.datetime().transform(time => new Date(time).toISOString())
const TrailQuery = z.object({
  /** An id or an e-mail address. */
  person: z.string().trim().min(1).max(254).optional(),
  kind: z.enum(auditKinds).optional(),
  from: Time.optional(),
  to: Time.optional(),
  after: z.string().max(500).optional(),
})

type Told = z.output<typeof AuditEvent>
type Asked = z.output<typeof TrailQuery>
interface Page {
  readonly items: readonly Told[]
  readonly after?: string | undefined
}

const dayMs = 86_400_000
const enough = 50
/** How often one request reads on where little fits what is asked for. */
const mostReads = 40

export function trailEndpoints(kit: Kit) {
  return { events: myEvents(kit), auditTrail: auditTrail(kit) }
}

function myEvents({ uses, door }: Kit) {
  return endpoint('GET /events', {
    summary: 'What happened to my account, the latest first',
    caller: door.signedIn(),
    query: z.object({ after: z.string().max(500).optional() }),
    returns: z.object({ items: z.array(EventShown), after: z.string().optional() }),
    uses,
    handle: ({ caller: { userId }, query: { after } }, { audit }) =>
      audit.by.person({ userId }, { limit: 20, after, reverse: true }),
  })
}

function auditTrail(kit: Kit) {
  return endpoint('GET /audit', {
    summary: 'What happened, the latest first; kept for a year',
    description: 'A page may be short, or empty, while there is an `after`.',
    caller: manager(kit),
    query: TrailQuery,
    returns: z.object({ items: z.array(EventNamed), after: z.string().optional() }),
    uses: kit.uses,
    async handle({ query, caller, at }, clients) {
      const fits = fitting(query)
      let { after } = query
      const items: z.input<typeof EventNamed>[] = []
      for (let reads = 0; reads < mostReads && items.length < enough; reads++) {
        const page = await pageOf(clients, { ...query, after }, caller, at)
        items.push(...(await named(clients, caller, page.items.filter(fits))))
        after = page.after
        if (after === undefined) break
      }
      return { items, ...(after === undefined ? {} : { after }) }
    },
  })
}

function fitting({ kind, from = '', to = '9' }: Asked): (told: Told) => boolean {
  return told => (kind === undefined || told.kind === kind) && told.at >= from && told.at <= to
}

/** One read of the table: of a person, or of a day. */
async function pageOf(uses: Uses, asked: Asked, caller: SignedIn, at: Call['at']): Promise<Page> {
  const { person, from, to, after } = asked
  if (person === undefined) return pageOfDay(uses, asked, at)
  const userId = await userIdOf(uses, person, caller)
  if (userId === undefined) return { items: [] }
  return uses.audit.by.person({ userId }, { from, to, after, limit: enough, reverse: true })
}

async function userIdOf({ db }: Uses, person: string, { tenant }: SignedIn): Promise<string | undefined> {
  const all = peopleIn(db, tenant)
  const found = person.includes('@') ? all.where('email', '=', person.toLowerCase()) : all.where('id', '=', person)
  return (await found.executeTakeFirst())?.id
}

/** `after` is `<day>/<cursor within it>`; without a cursor the day begins. */
async function pageOfDay({ audit }: Uses, { from, to, after }: Asked, at: Call['at']): Promise<Page> {
  const [first, last] = [dayOf(from ?? at, -366), dayOf(to ?? at, 0)]
  const [day = last, cursor] = after === undefined ? [] : parted(after)
  const page = await audit.query({ day }, { after: cursor, limit: enough, reverse: true })
  if (page.after !== undefined) return { items: page.items, after: `${day}/${page.after}` }
  const before = dayOf(day, -1)
  return { items: page.items, ...(before < first ? {} : { after: `${before}/` }) }
}

/** @param moment a time, or a day */
function dayOf(moment: Date | string, daysLater: number): string {
  return new Date(new Date(moment).getTime() + daysLater * dayMs).toISOString().slice(0, 10)
}

function parted(after: string): readonly [day?: string, cursor?: string | undefined] {
  const [, day, cursor] = /^(\d{4}-\d\d-\d\d)\/(.*)$/.exec(after) ?? []
  return day === undefined || Number.isNaN(Date.parse(day)) ? [] : [day, cursor || undefined]
}

/** Events with the names of their people; those that a manager of a tenant may not see are left out. */
async function named({ db }: Uses, { tenant }: SignedIn, told: readonly Told[]) {
  const ids = [...new Set(told.flatMap(({ userId, by }) => [userId ?? [], by ?? []].flat()))]
  const rows = ids.length === 0 ? [] : await peopleIn(db, tenant).where('user.id', 'in', ids).execute()
  const people = new Map(rows.map(row => [row.id, row]))
  return told
    .filter(({ userId = '' }) => tenant === undefined || people.has(userId))
    .map(each => {
      const [person, by] = [people.get(each.userId ?? ''), people.get(each.by ?? '')]
      return { ...each, ...(person && { name: person.name, email: person.email }), ...(by && { byName: by.name }) }
    })
}
