/**
 * The settings of an environment on AWS, as `groundplan.config.ts` gives them, and what they come to for one system.
 * Account numbers are nowhere.
 */
import { type Approval, type Domains, fault, type Traffic } from 'groundplan/target'
import { type Sizes, usual } from './sizes.ts'

/** How a service runs: as tasks of ECS on Fargate behind a balancer, or as one function of Lambda. */
export type Compute = 'containers' | 'functions'

/**
 * Who may do what by hand, as ids of groups in IAM Identity Center: `deploy`, `approve` what somebody else asked for, or
 * `read` how it goes.
 */
export interface People {
  readonly deploy?: readonly string[]
  readonly approve?: readonly string[]
  readonly read?: readonly string[]
}

export interface SystemSettings {
  /** For all services, or by their names. */
  readonly compute?: Compute | Readonly<Record<string, Compute>>
  readonly sizes?: Partial<Sizes>
  /** Default: `<system>.<domain>`. */
  readonly host?: string
  /**
   * Whether SES is to learn here which domains mail comes from: of the systems in one account only one may say so.
   * Default false: they are known already.
   */
  readonly makesMailDomains?: boolean
}

/**
 * - `region`: such as `eu-central-1`.
 * - `domain`: a zone of Route 53 that is there already; a system stands at `<system>.<domain>`.
 * - `operations`: the address that alarms are mailed to.
 * - `costOwner`: who pays, as a tag on everything.
 * - `sizes`: `usual` or `smallest`, or either with changes: `{ ...usual, tasksMost: 40 }`. Default `usual`.
 * - `compute`: default `functions`.
 * - `systems`: what is other for one system.
 * - `approval`: who must agree to a deployment: `nobody`, `oneself` (the default), or `another` than who asked.
 * - `people`: groups of IAM Identity Center, for the template of permission sets. Default: the sets are given by hand.
 * - `domains`: names that gateways have of their own, by system and gateway; the config's environment says them.
 * - `traffic`: how calls go over to what is new, by system; the stages of the config's pipeline say it.
 */
export interface AwsSettings {
  readonly region: string
  readonly domain: string
  readonly operations: string
  readonly costOwner: string
  readonly sizes?: Sizes
  readonly compute?: Compute
  readonly systems?: Readonly<Record<string, SystemSettings>>
  readonly approval?: Approval
  readonly people?: People
  readonly domains?: Domains
  readonly traffic?: Readonly<Record<string, Traffic>>
}

/** What settings come to for one system. */
export interface Resolved
  extends Omit<AwsSettings, 'sizes' | 'compute' | 'systems' | 'traffic' | 'domains' | 'people'> {
  /** By gateway. */
  readonly domains: Readonly<Record<string, string>>
  readonly approval: Approval
  readonly people: People
  /** Default: all calls go over at once. */
  readonly traffic: Traffic | undefined
  readonly sizes: Sizes
  readonly host: string
  readonly makesMailDomains: boolean
  computeOf(service: string): Compute
  /** The services that it names. */
  readonly computed: readonly string[]
}

/** Faults: `unsupported`, for settings that AWS does not take. */
export function resolved(settings: AwsSettings, system: string): Resolved {
  const { region, domain, operations, costOwner, compute: everywhere = 'functions' } = settings
  const { approval = 'oneself', people = {} } = settings
  const own = settings.systems?.[system] ?? {}
  const { compute = everywhere, sizes, host = `${system}.${domain}`, makesMailDomains = false } = own
  return {
    ...{ region, domain, operations, costOwner, host, makesMailDomains, approval },
    people: grouped(people),
    domains: within(domain, settings.domains?.[system] ?? {}),
    traffic: settings.traffic?.[system],
    sizes: checked({ ...(settings.sizes ?? usual), ...sizes }),
    computeOf: service => (typeof compute === 'string' ? compute : (compute[service] ?? everywhere)),
    computed: typeof compute === 'string' ? [] : Object.keys(compute),
  }
}

/** A group is known by its id: names of groups change. */
function grouped(people: People): People {
  const wrong = Object.values(people)
    .flat()
    .find(id => !/^([0-9a-f]{10}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
  if (wrong === undefined) return people
  throw fault('unsupported', `"${wrong}" is no id of a group in IAM Identity Center`, {
    wayOut: 'aws identitystore list-groups says them',
  })
}

/** One zone of Route 53 has all names. */
function within(domain: string, names: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const outside = Object.values(names).find(name => name !== domain && !name.endsWith(`.${domain}`))
  if (outside === undefined) return names
  throw fault('unsupported', `"${outside}" is not within "${domain}", the zone of this environment`)
}

function checked(sizes: Sizes): Sizes {
  const { taskCpu, taskMemoryMb, tasksLeast, tasksMost, spotShare } = sizes
  const [least, most] = memoryOf[taskCpu]
  if (taskMemoryMb < least || taskMemoryMb > most) {
    throw fault('unsupported', `a task of ${taskCpu} units has ${least} to ${most} MB of memory, not ${taskMemoryMb}`)
  }
  if (tasksLeast < 1 || tasksMost < tasksLeast) throw fault('unsupported', `${tasksLeast} to ${tasksMost} tasks`)
  if (spotShare < 0 || spotShare > 1) throw fault('unsupported', `a spot share of ${spotShare}: it is from 0 to 1`)
  return sizes
}

const memoryOf: Readonly<Record<Sizes['taskCpu'], readonly [least: number, most: number]>> = {
  256: [512, 2_048],
  512: [1_024, 4_096],
  1024: [2_048, 8_192],
  2048: [4_096, 16_384],
  4096: [8_192, 30_720],
}
