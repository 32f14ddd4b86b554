/**
 * `accounts`: who is calling, as a building block of any plan.
 */
import { type ApiKeys, type Authorizer, type Clients, calledFrom, gateway, type Mailbox, service } from 'groundplan'
import { about } from './about.ts'
import { keyEndpoints } from './api-keys.ts'
import { enrolled, type NewPerson } from './enrol.ts'
import { hashing } from './hashing.ts'
import { type Database, keeping } from './keeping.ts'
import type { Kit } from './kit.ts'
import type { Pages } from './mails.ts'
import { managingEndpoints } from './managing.ts'
import { mineEndpoints } from './mine.ts'
import { profileChanges } from './profile.ts'
import { secondFactorEndpoints } from './second-factor.ts'
import { type Asked, Doorkeeper, type Person } from './session.ts'
import { signInEndpoints } from './sign-in.ts'
import { signUpEndpoints } from './sign-up.ts'
import { spentIn } from './spent.ts'
import { trailEndpoints } from './trail.ts'
import { turns } from './turns.ts'
import { upkeepHandlers } from './upkeep.ts'

export interface AccountsOptions<Role extends string, Tenant extends string> {
  /** What a person may be. */
  readonly roles: readonly Role[]
  /** Whose people they are, each of one; `open`: tenants are made while the system runs. Default: there are none. */
  readonly tenants?: readonly Tenant[] | 'open'
  /** What who signs up is; `own`: a tenant alone. Without it nobody signs up: people are invited. */
  readonly newcomers?: { readonly roles: readonly NoInfer<Role>[]; readonly tenant?: NoInfer<Tenant> | 'own' }
  /** The role that sees people, invites them, gives roles and reads the audit trail. Default: nobody does. */
  readonly managers?: NoInfer<Role>
  /** Roles that somebody has only once he signs in with a second factor. Default: none. */
  readonly secondFactor?: NoInfer<Role> | readonly NoInfer<Role>[]
  readonly mail: Mailbox
  /** The system's name in mails and in the apps of second factors. Default: the accounts' name. */
  readonly title?: string
  /** Where the pages are, or each that mails lead to. The web front has them at `/<system>/account`. Default: `/<name>`. */
  readonly pages?: string | Pages
  /** The page that one comes to after signing in, wanting to go nowhere else. Default: `/`. */
  readonly home?: string
}

/** API keys that people manage beside their account, with a page for it. */
export interface WithApiKeys<Role extends string> {
  readonly apiKeys: {
    readonly keys: ApiKeys<string>
    /** Who manages those of their account. Default: whoever is signed in. */
    readonly role?: NoInfer<Role> | readonly NoInfer<Role>[]
  }
}

type Handlers = Parameters<typeof service>[1]
type Own = ReturnType<typeof handlersOf>
/** Any accounts, with all that they can have: what the client for pages is typed by. */
export type AnyAccounts = Built<string, string, Own & ReturnType<typeof keyEndpoints>>
type Built<Role extends string, Tenant extends string, H extends Handlers> = ReturnType<typeof built<Role, Tenant, H>>

/**
 * Declares accounts: sign-up, confirmed addresses, sign-in with a second factor, sessions, roles and tenants, an audit
 * trail. Their resources carry `name`, and so do their cookies: systems at one address need names of their own.
 *
 * - `service`, `gateway`: their endpoints, ready for the plan; `handlers`: the same for a service of one's own.
 * - `session(…)`: the authorizer of whoever is signed in, has one of the roles and is of one of the tenants.
 * - `apiKeys`: keys whose endpoints stand beside these, with a page; `keyEndpoints(keys)`: the same for a service of
 *   one's own.
 * - `enrol(…)`: makes a person, for seeds.
 * - The setting `<name>-address` is where the pages are (default: this machine), several separated by commas, the first
 *   being where mails lead; `<name>-first-manager` the e-mail address of whoever is given the managers' role at sign-in.
 * @example
 * const people = accounts('shop', { roles: ['customer', 'operator'], newcomers: { roles: ['customer'] }, mail: shopMail })
 * const order = endpoint('POST /orders', { caller: people.session({ role: 'customer' }), … })
 * export default plan('shop', { gateways: { api: gateway(front), accounts: people.gateway } })
 */
export function accounts<const Role extends string, const Tenant extends string = never>(
  name: string,
  options: AccountsOptions<Role, Tenant> & WithApiKeys<Role>,
): Built<Role, Tenant, Own & ReturnType<typeof keyEndpoints>>
export function accounts<const Role extends string, const Tenant extends string = never>(
  name: string,
  options: AccountsOptions<Role, Tenant>,
): Built<Role, Tenant, Own>
export function accounts<const Role extends string, const Tenant extends string>(
  name: string,
  options: AccountsOptions<Role, Tenant> & Partial<WithApiKeys<Role>>,
) {
  const kit = kitOf(name, options)
  const handlers = handlersOf(kit)
  if (!kit.apiKeys) return built<Role, Tenant, Own>(kit, handlers)
  const { keys, role } = kit.apiKeys
  return built<Role, Tenant, Own & ReturnType<typeof keyEndpoints>>(kit, {
    ...handlers,
    ...keyEndpoints(kit, keys, role),
  })
}

function built<Role extends string, Tenant extends string, H extends Handlers>(kit: Kit, handlers: H) {
  const { name } = kit
  const own = service(name, handlers)
  const self = {
    name,
    service: own,
    // By address: a crowd at this door keeps nobody else out.
    gateway: gateway(own, { throttle: { rate: 20, burst: 100, per: 'address' } }),
    handlers,
    database: kit.kept.database,
    /** Who signed in, from where, and what was changed: kept for a year. */
    audit: kit.kept.audit,
    session(asked: Asked<Role, Tenant> = {}): Authorizer<Person<Role, Tenant>> {
      const { role = [], tenant = [] } = asked
      const place = calledFrom(self.session)
      const authorizer = kit.door.session({ role: [role].flat(), tenant: [tenant].flat() }, place)
      // The schema was made of these very roles and tenants.
      return authorizer as unknown as Authorizer<Person<Role, Tenant>>
    },
    keyEndpoints<Scope extends string>(keys: ApiKeys<Scope>, { role = [] }: Pick<Asked<Role, Tenant>, 'role'> = {}) {
      return keyEndpoints(kit, keys, [role].flat())
    },
    enrol(
      people: Clients<{ people: Database['writer'] }>['people'],
      at: Date,
      person: Omit<NewPerson, 'roles' | 'tenant'> & { readonly roles: readonly Role[]; readonly tenant?: Tenant },
    ): Promise<string> {
      return enrolled(people, at, kit.hashing, person)
    },
  }
  return self
}

function handlersOf(kit: Kit) {
  return {
    ...signUpEndpoints(kit),
    ...signInEndpoints(kit),
    ...mineEndpoints(kit),
    ...profileChanges(kit),
    ...secondFactorEndpoints(kit),
    ...managingEndpoints(kit),
    ...trailEndpoints(kit),
    about: about(kit),
    ...upkeepHandlers(kit),
  }
}

function kitOf(name: string, options: AccountsOptions<string, string> & Partial<WithApiKeys<string>>): Kit {
  const { roles, tenants = [], newcomers, managers, mail, title = name, pages = `/${name}`, home = '/' } = options
  const declared = { name, roles, tenants }
  const kept = keeping(name, mail)
  const door = new Doorkeeper(declared, kept.seen)
  return {
    ...{ name, title, declared, kept, uses: kept.uses, door },
    ...{ hashing: hashing(), strangers: turns(16, 2_000), spentIn: spentIn() },
    ...{ pages: typeof pages === 'string' ? pagesAt(pages) : pages, home, newcomers, managers },
    apiKeys: options.apiKeys && { keys: options.apiKeys.keys, role: [options.apiKeys.role ?? []].flat() },
    guarded: [options.secondFactor ?? []].flat(),
  }
}

function pagesAt(base: string): Pages {
  return { verify: `${base}/verify`, reset: `${base}/reset`, signIn: `${base}/sign-in` }
}
