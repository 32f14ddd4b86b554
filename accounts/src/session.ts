/**
 * The authorizers: who is calling, of a signed-in browser (cookies) or a program (a bearer token), and from where.
 *
 * A request that brings its cookie by itself could have been made by another site's page: one that changes something must
 * come from an origin of ours. A bearer token is brought on purpose.
 */
import {
  type Authorizer,
  authorizer,
  type Clients,
  type Credentials,
  type calledFrom,
  declaredAt,
  problem,
} from 'groundplan'
import { z } from 'zod'
import { AccessMemory, type Bearer } from './access.ts'
import { cookieName } from './cookies.ts'
import type { Kept } from './keeping.ts'
import { isSafe, mayChange, type Site, SiteMemory, siteOf } from './origins.ts'

/** Who is signed in, as handlers see it. */
export interface Person<Role extends string, Tenant extends string> {
  readonly userId: string
  readonly sessionId: string
  readonly roles: readonly Role[]
  /** Where the plan declares tenants. */
  readonly tenant: [Tenant] extends [never] ? undefined : Tenant
}

export interface Asked<Role extends string, Tenant extends string> {
  /** Who has one of these. Without it, whoever is signed in. */
  readonly role?: Role | readonly Role[]
  readonly tenant?: Tenant | readonly Tenant[]
}

/** What who signs up by himself is. */
export interface Newcomers {
  readonly roles: readonly string[]
  /** `own`: each is a tenant alone. */
  readonly tenant?: string
}

export interface Declared {
  readonly name: string
  readonly roles: readonly string[]
  /** `open`: made while the system runs. */
  readonly tenants: readonly string[] | 'open'
}

type Seen = Clients<Kept['seen']>
type PlaceOf = ReturnType<typeof calledFrom>
type Refused = ReturnType<typeof problem<'not-allowed'>>

/** Everything the authorizers of one `accounts` share. */
export class Doorkeeper {
  readonly #declared: Declared
  readonly #seen: Kept['seen']
  readonly #caller
  readonly #shownBy
  readonly #remembers = () => new AccessMemory()
  readonly #remembersSite = () => new SiteMemory()

  constructor(declared: Declared, seen: Kept['seen']) {
    this.#declared = declared
    this.#seen = seen
    this.#caller = callerSchema(declared)
    this.#shownBy = { cookie: cookieName(declared.name, 'access', { origin: '', local: false }) }
  }

  /** Who is signed in and has what is asked. `place`: where that was asked. */
  session(
    asked: { readonly role: readonly string[]; readonly tenant: readonly string[] },
    place: PlaceOf,
  ): Authorizer<z.output<CallerSchema>> {
    const { name } = this.#declared
    const { role, tenant } = asked
    const admits = (caller: z.output<CallerSchema>): Refused | undefined => lacking(caller, role, tenant)
    const session = authorizer([name, ...role, ...tenant.map(each => `tenant:${each}`)].join('/'), {
      caller: this.#caller,
      shownBy: this.#shownBy,
      uses: this.#seen,
      remembers: this.#remembers,
      flaws: flawsOf(this.#declared, role, tenant),
      admits,
      authorize: async (request, uses, memory) => {
        const who = await this.identified(request, uses, memory)
        if (!who || 'code' in who) return who
        const caller = known(this.#declared, who)
        return admits(caller) ?? caller
      },
    })
    return declaredAt(place, session)
  }

  /** Whom the request shows; a refusal where it may not do what it wants to. */
  async identified(request: Credentials, uses: Seen, memory: AccessMemory): Promise<Bearer | Refused | undefined> {
    const { name } = this.#declared
    const shown = request.header('authorization')
    if (shown?.startsWith('Bearer ')) return memory.whoseIs(name, shown.slice(7), request.at, uses)
    const site = siteOf(await uses.address.get())
    const token = request.cookie(cookieName(name, 'access', site))
    if (token === undefined) return undefined
    const who = await memory.whoseIs(name, token, request.at, uses)
    return who && (forged(request, site) ?? who)
  }

  /** Whoever it is, signed in or not, and from where: for the endpoints of accounts themselves. */
  visitor(newcomers?: Newcomers) {
    const { name } = this.#declared
    const { roles = [], tenant = 'own' } = newcomers ?? {}
    return authorizer(`${name}-visitor`, {
      caller: Visitor,
      flaws: flawsOf(this.#declared, roles, tenant === 'own' ? [] : [tenant]),
      uses: { address: this.#seen.address },
      remembers: this.#remembersSite,
      authorize: async (request, { address }, memory) => {
        const site = memory.siteAt(request.at) ?? memory.keep(siteOf(await address.get()), request.at)
        const origin = request.header('origin')
        if (origin !== undefined && !isSafe(request.method) && !mayChange(site, origin)) return foreign(origin, name)
        return {
          ...visitOf(request, site),
          refresh: request.cookie(cookieName(name, 'refresh', site)),
          device: request.cookie(cookieName(name, 'device', site)),
        }
      },
    })
  }

  /** Who is signed in, and from where. `flaws`: of what is asked for; default: roles that nobody declared. */
  signedIn(role: readonly string[] = [], flaws = flawsOf(this.#declared, role, [])) {
    const { name } = this.#declared
    return authorizer([`${name}-person`, ...role].join('/'), {
      caller: SignedIn,
      shownBy: this.#shownBy,
      uses: this.#seen,
      remembers: this.#remembers,
      flaws,
      authorize: async (request, uses, memory) => {
        const who = await this.identified(request, uses, memory)
        if (!who || 'code' in who) return who
        const site = siteOf(await uses.address.get())
        const caller = { ...known(this.#declared, who), ...visitOf(request, site) }
        return lacking(caller, role, []) ?? caller
      },
    })
  }
}

// ---------- callers

const Visit = z.object({
  address: z.string(),
  agent: z.string().optional(),
  /** Of the pages that this visit came from. */
  site: z.object({ origin: z.string(), local: z.boolean() }),
})
const Visitor = Visit.extend({ refresh: z.string().optional(), device: z.string().optional() })
const SignedIn = Visit.extend({
  userId: z.string(),
  sessionId: z.string(),
  roles: z.array(z.string()),
  tenant: z.string().optional(),
})

export type Visit = z.output<typeof Visit>
export type Visitor = z.output<typeof Visitor>
export type SignedIn = z.output<typeof SignedIn>

type CallerSchema = ReturnType<typeof callerSchema>

function callerSchema({ roles, tenants }: Declared) {
  const tenant = tenants === 'open' ? z.string() : z.enum(tenants)
  return z.object({
    userId: z.string(),
    sessionId: z.string(),
    roles: z.array(z.enum(roles)),
    tenant: tenant.optional(),
  })
}

/** What a token says of roles and tenants that the plan no longer knows is not said to handlers. */
function known({ roles, tenants }: Declared, who: Bearer) {
  const { tenant } = who
  const isThere = tenant !== undefined && (tenants === 'open' || tenants.includes(tenant))
  return {
    userId: who.userId,
    sessionId: who.sessionId,
    roles: who.roles.filter(role => roles.includes(role)),
    ...(isThere ? { tenant } : {}),
  }
}

function visitOf(request: Credentials, site: Site): Visit {
  const agent = request.header('user-agent')?.slice(0, 400)
  const { local } = site
  const shown = request.header('origin')
  // Mails lead back to the pages that asked, where these are ours.
  const origin = shown !== undefined && mayChange(site, shown) ? shown : site.origin
  return { address: request.address, site: { origin, local }, ...(agent === undefined ? {} : { agent }) }
}

// ---------- mistakes

/** Roles and tenants that are asked for and not declared: nobody would have them. */
export function flawsOf({ name, roles, tenants }: Declared, role: readonly string[], tenant: readonly string[]) {
  return [
    ...role.filter(each => !roles.includes(each)).map(each => unknown(name, 'role', each, roles)),
    ...(tenants === 'open' ? [] : tenant.filter(each => !tenants.includes(each))).map(each =>
      unknown(name, 'tenant', each, tenants),
    ),
  ]
}

function unknown(name: string, what: 'role' | 'tenant', missing: string, known: readonly string[] | 'open') {
  return {
    message: `The accounts "${name}" know no ${what} "${missing}"`,
    wayOut: `declare it, or ask for one of: ${[known].flat().join(', ') || 'none is declared'}`,
  }
}

// ---------- refusals

function lacking(
  { roles, tenant }: { readonly roles: readonly string[]; readonly tenant?: string | undefined },
  role: readonly string[],
  tenants: readonly string[],
): Refused | undefined {
  if (role.length > 0 && !role.some(each => roles.includes(each))) {
    return problem('not-allowed', `this needs the role ${role.join(' or ')}`)
  }
  if (tenants.length > 0 && (tenant === undefined || !tenants.includes(tenant))) {
    return problem('not-allowed', 'this is for another tenant')
  }
  return undefined
}

function forged(request: Credentials, site: Site): Refused | undefined {
  if (isSafe(request.method)) return undefined
  const origin = request.header('origin')
  if (origin !== undefined && mayChange(site, origin)) return undefined
  return problem('not-allowed', 'a request with cookies that changes something must come from our own pages')
}

function foreign(origin: string, name: string): Refused {
  return problem('not-allowed', `${origin} is not where the pages are: the setting "${name}-address" says where`)
}
