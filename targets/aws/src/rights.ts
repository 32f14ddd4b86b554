/**
 * Rights: what each service must be able to do on AWS, from the plan's grants and from what its handlers are. Nobody
 * writes them down a second time. What the framework does for a plan in the background (it sends on what waits in the
 * outbox, delivers mail, looks at alarms) is done by `carrier`, which is no service of the plan.
 */
import { lettersTable, outboxTable } from '@groundplan/aws'
import {
  fault,
  handlerQueue,
  handlersOf,
  hasQueue,
  isHandler,
  mailQueue,
  mailTable,
  type NamedHandler,
  type Parts,
  resourcesOf,
  schedulesTable,
  secretName,
  settingName,
  type TableShape,
  type Use,
} from 'groundplan/target'

/** What a right is on: `mail` is an address that it comes from. */
export type RightOn = 'table' | 'stream' | 'queue' | 'bucket' | 'database' | 'secret' | 'setting' | 'mail' | 'service'

export interface Right {
  readonly on: RightOn
  /** As in the plan; of a secret or setting its place in the vault. */
  readonly name: string
  readonly may:
    | 'read'
    | 'write'
    | 'scan'
    | 'add'
    | 'work'
    | 'look'
    | 'send'
    | 'receive'
    | 'set'
    | 'keep'
    | 'ask'
    | 'hear'
    | 'use'
    | 'lend'
  /** For people: which handler wants it, and as what. */
  readonly why: string
}

/** Who carries on what waits: a function of the framework's own, or a system's only service. */
export const carrier = 'groundplan-carrier'

/** The queues of handlers, of mailboxes, and the plan's own. */
export function queueOf(named: NamedHandler): string | undefined {
  if (named.handler.kind === 'consumer') return named.handler.from.of.name
  return hasQueue(named) ? handlerQueue(named.service.name, named.name) : undefined
}

/** The rights of one service, each once. */
export function rightsOf(parts: Parts, tables: readonly TableShape[], service: string): readonly Right[] {
  const own = parts.handlers.filter(named => named.service.name === service)
  const callers = new Set(own.flatMap(({ handler }) => (handler.kind === 'endpoint' ? [handler.caller] : [])))
  const used = parts.uses.filter(({ by }) => (isHandler(by) ? by.service.name === service : callers.has(by)))
  return each([
    { on: 'secret', name: internalKey(parts), may: 'set', why: 'the key that services know each other by' },
    ...used.flatMap(use => granted(use, parts, tables)),
    ...own.flatMap(named => neededBy(named)),
  ])
}

/** What a handler's kind brings with it. */
function neededBy(named: NamedHandler): readonly Right[] {
  const { handler } = named
  const why = `${named.service.name}/${named.name}`
  const table = (name: string, may: Right['may']): Right => ({ on: 'table', name, may, why })
  const queue = queueOf(named)
  const works: Right[] = queue === undefined ? [] : [{ on: 'queue', name: queue, may: 'receive', why }, letters(why)]
  switch (handler.kind) {
    case 'endpoint':
      return handler.once === undefined ? [] : [table('groundplan-once', 'write')]
    case 'schedule':
      return [table(schedulesTable.name, 'write')]
    case 'retention':
      return [...works, table(schedulesTable.name, 'write'), table('groundplan-retentions', 'write')]
    case 'view':
      return [
        ...works,
        ...[table(handler.from.name, 'read'), table(handler.from.name, 'scan'), table(handler.name, 'write')],
        ...[table('groundplan-view-places', 'write'), table('groundplan-views', 'write')],
      ]
    default:
      return works
  }
}

/** Where what cannot be handled is kept, and what is to come later. */
function letters(why: string): Right {
  return { on: 'table', name: lettersTable, may: 'add', why }
}

function granted({ by, as, grant }: Use, parts: Parts, tables: readonly TableShape[]): readonly Right[] {
  const { kind, name } = grant.resource
  const why = `${isHandler(by) ? `${by.service.name}/${by.name}` : `authorizer ${by.name}`} uses ${as}: ${name}.${grant.right}`
  const outbox: Right = { on: 'table', name: outboxTable, may: 'add', why }
  const queueOfView = parts.handlers.find(({ handler }) => handler.kind === 'view' && handler.name === name)
  const one = (on: RightOn, may: Right['may'], of = name): Right => ({ on, name: of, may, why })
  const isHeard = tables.some(table => table.name === name && table.changesTo.length > 0)
  switch (`${kind}.${grant.right}`) {
    case 'table.reader':
    case 'view.reader':
      return [one('table', 'read')]
    case 'table.scanner':
    case 'view.scanner':
      return [one('table', 'scan')]
    case 'table.watcher':
    case 'view.watcher':
      return [one('table', 'read'), one('stream', 'hear')]
    case 'table.writer':
      return [one('table', 'write'), ...(isHeard ? [outbox] : [])]
    case 'view.gauge':
      return queueOfView ? [one('queue', 'look', queueOf(queueOfView)), { ...one('table', 'read', lettersTable) }] : []
    case 'queue.sender':
    case 'topic.publisher':
    case 'mailbox.sender':
      return [outbox]
    case 'queue.redriver':
      return [one('queue', 'send'), one('table', 'work', lettersTable)]
    case 'bucket.reader':
      return [one('bucket', 'read')]
    case 'bucket.writer':
      return [one('bucket', 'write')]
    case 'bucket.uploader':
      return [one('bucket', 'lend')]
    case 'database.reader':
    case 'database.writer':
      return [one('database', 'use')]
    case 'secret.reader':
      return [one('secret', 'read', placeOf(parts, name))]
    case 'secret.keeper':
      return [one('secret', 'keep', placeOf(parts, name))]
    case 'setting.reader':
      return [one('setting', 'read', settingName(parts.plan.name, name))]
    case 'connection.client':
      return connectionRights(parts, name, why)
    case 'service.client':
      return [one('service', 'ask')]
    default:
      throw fault('unsupported', `${why}: this cannot be shipped to AWS yet`)
  }
}

/** Of a tenant's secrets all: they are made while the system runs. */
function placeOf(parts: Parts, secret: string): string {
  const perTenant = resourcesOf(parts, 'secret').some(({ name, perTenant }) => name === secret && perTenant)
  return secretName(parts.plan.name, secret, perTenant ? '*' : undefined)
}

function connectionRights(parts: Parts, name: string, why: string): readonly Right[] {
  const spec = resourcesOf(parts, 'connection').find(each => each.name === name)?.spec
  const url = spec && typeof spec.url !== 'string' ? settingName(parts.plan.name, spec.url.name) : undefined
  const secret = spec?.credential && placeOf(parts, spec.credential.from.name)
  return [
    ...(url === undefined ? [] : [{ on: 'setting', name: url, may: 'read', why } as const]),
    ...(secret === undefined ? [] : [{ on: 'secret', name: secret, may: 'read', why } as const]),
  ]
}

/**
 * What is done in the background for all services.
 * @param streams whether the outbox tells of what is in it; else whoever writes it looks
 */
export function carrierRights(parts: Parts, queues: readonly string[], streams: boolean): readonly Right[] {
  const why = 'sends on, delivers mail, looks at alarms'
  const table = (name: string, may: Right['may']): Right => ({ on: 'table', name, may, why })
  const mailboxes = resourcesOf(parts, 'mailbox')
  const toMail = mailboxes.flatMap(({ name, from }): readonly Right[] => [
    { on: 'queue', name: mailQueue(name), may: 'receive', why },
    { on: 'mail', name: addressIn(from), may: 'send', why },
  ])
  const alarms = parts.alarms.flatMap((alarm): readonly Right[] => measured(parts, alarm.when, why))
  return each([
    { on: 'secret', name: internalKey(parts), may: 'set', why: 'the key that services know each other by' },
    ...(streams ? [{ on: 'stream', name: outboxTable, may: 'hear', why } as const] : []),
    ...[table(outboxTable, 'work'), table(lettersTable, 'work')],
    ...queues.map((name): Right => ({ on: 'queue', name, may: 'send', why })),
    ...(mailboxes.length > 0 ? [table(mailTable.name, 'write'), ...toMail] : []),
    ...(alarms.length > 0 ? [table('groundplan-alarms', 'write'), table(schedulesTable.name, 'write')] : []),
    ...alarms,
  ])
}

function measured(parts: Parts, { measure, of }: Parts['alarms'][number]['when'], why: string): readonly Right[] {
  if (measure === 'items') return [{ on: 'table', name: of.name, may: 'scan', why }]
  if (measure === 'error-share') return []
  const view = handlersOf(parts, 'view').find(({ handler }) => handler.name === of.name)
  return [{ on: 'queue', name: view ? handlerQueue(view.service.name, view.name) : of.name, may: 'look', why }]
}

export function internalKey(parts: Parts): string {
  return secretName(parts.plan.name, 'groundplan-internal')
}

/** `Shop <shop@example.org>` is mail from `shop@example.org`. */
export function addressIn(from: string): string {
  return /<([^<>]+)>$/.exec(from)?.[1] ?? from
}

/** Each right once: the first who wants it is named. */
function each(rights: readonly Right[]): readonly Right[] {
  const known = new Map<string, Right>()
  for (const right of rights) {
    const name = `${right.on} ${right.name} ${right.may}`
    const before = known.get(name)
    known.set(name, before ? { ...before, why: joined(before.why, right.why) } : right)
  }
  return [...known.values()]
}

function joined(before: string, why: string): string {
  return before.split('; ').includes(why) ? before : `${before}; ${why}`
}
