/**
 * `accounts`: who is calling, as a building block of any plan.
 */
import { type Authorizer, type Clients, gateway, type Mailbox, service } from 'groundplan'
import { enrolled, type NewPerson } from './enrol.ts'
import { hashing } from './hashing.ts'
import { type Database, keeping } from './keeping.ts'
import type { Kit } from './kit.ts'
import { managingEndpoints } from './managing.ts'
import { mineEndpoints } from './mine.ts'
import { secondFactorEndpoints } from './second-factor.ts'
import { type Asked, Doorkeeper, type Person } from './session.ts'
import { signInEndpoints } from './sign-in.ts'
import { signUpEndpoints } from './sign-up.ts'
import { upkeepHandlers } from './upkeep.ts'

export interface AccountsOptions<Role extends string, Tenant extends string> {
  readonly roles: readonly Role[]
  readonly tenants?: readonly Tenant[]
  readonly newcomers?: { readonly roles: readonly NoInfer<Role>[]; readonly tenant?: NoInfer<Tenant> | 'own' }
  readonly managers?: NoInfer<Role>
  readonly mail: Mailbox
  readonly title?: string
}

export function accounts<const Role extends string, const Tenant extends string = never>(
  name: string,
  options: AccountsOptions<Role, Tenant>,
) {
  const kit = kitOf(name, options)
  const handlers = {
    ...signUpEndpoints(kit),
    ...signInEndpoints(kit),
    ...mineEndpoints(kit),
    ...secondFactorEndpoints(kit),
    ...managingEndpoints(kit),
    ...upkeepHandlers(kit),
  }
  const own = service(name, handlers)
  return {
    name,
    service: own,
    gateway: gateway(own, { throttle: { rate: 200, burst: 400 } }),
    database: kit.kept.database,
    enrol(
      people: Clients<{ people: Database['writer'] }>['people'],
      at: Date,
      person: Omit<NewPerson, 'roles' | 'tenant'> & { readonly roles: readonly Role[]; readonly tenant?: Tenant },
    ): Promise<string> {
      return enrolled(people, at, kit.hashing, person)
    },
    session(asked: Asked<Role, Tenant> = {}): Authorizer<Person<Role, Tenant>> {
      const { role = [], tenant = [] } = asked
      const authorizer = kit.door.session({ role: [role].flat(), tenant: [tenant].flat() })
      // The schema was made of these very roles and tenants.
      return authorizer as unknown as Authorizer<Person<Role, Tenant>>
    },
  }
}

function kitOf(name: string, options: AccountsOptions<string, string>): Kit {
  const { roles, tenants = [], newcomers, managers, mail, title = name } = options
  const declared = { name, roles, tenants }
  const kept = keeping(name, mail)
  return {
    name,
    title,
    declared,
    kept,
    uses: kept.uses,
    door: new Doorkeeper(declared, kept.seen),
    hashing: hashing(),
    pages: { verify: `/${name}/verify`, reset: `/${name}/reset`, signIn: `/${name}/sign-in` },
    newcomers,
    managers,
  }
}
