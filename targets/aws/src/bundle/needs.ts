/**
 * What of the framework a function needs: its grants and handlers say. Read by those who decide what is left out of its
 * bundle, and what lies in the second file of it.
 */
import type { Parts } from 'groundplan/target'
import type { Right } from '../rights.ts'

/** What decides whether a module is needed. */
export interface Needs {
  readonly rights: readonly Right[]
  readonly handlers: Parts['handlers']
  /** Those of all services. */
  readonly all: Parts['handlers']
  readonly uses: Parts['uses']
  /** Whether it asks other services, or others ask it. */
  readonly asks: boolean
  readonly alarms: boolean
  readonly carries: boolean
  readonly databases: boolean
  /** Whether a gateway of it has rules for other origins. */
  readonly cors: boolean
}

export type Needed = (needs: Needs) => boolean

export const has =
  (...on: Right['on'][]): Needed =>
  ({ rights }) =>
    rights.some(right => on.includes(right.on))
export const handles =
  (...kinds: string[]): Needed =>
  ({ handlers }) =>
    handlers.some(({ handler }) => kinds.includes(handler.kind))
export const grants =
  (...kinds: string[]): Needed =>
  ({ uses }) =>
    uses.some(({ grant }) => kinds.includes(grant.resource.kind))
export const takesMessages: Needed = needs => needs.rights.some(({ on, may }) => on === 'queue' && may === 'receive')
export const either =
  (...all: Needed[]): Needed =>
  needs =>
    all.some(each => each(needs))
export const ticks = either(handles('schedule', 'retention'), ({ alarms }) => alarms)
export const isStream = ({ handler }: Parts['handlers'][number]): boolean =>
  handler.kind === 'endpoint' && 'kind' in handler.returns && handler.returns.kind === 'stream'
export const streams: Needed = ({ handlers }) => handlers.some(isStream)
export const asksForStreams: Needed = ({ uses, all }) => {
  const asked = new Set(uses.map(({ grant }) => grant.resource))
  return all.some(named => asked.has(named.service) && isStream(named))
}
export const watches: Needed = ({ uses }) => uses.some(({ grant }) => grant.right === 'watcher')
export const onceCalls: Needed = ({ handlers }) =>
  handlers.some(({ handler }) => handler.kind === 'endpoint' && handler.once !== undefined)
export const secretsBesidesTheKey: Needed = ({ rights }) =>
  rights.some(({ on, name, may }) => on === 'secret' && !(may === 'set' && name.endsWith('groundplan-internal')))
export const files: Needed = ({ handlers }) =>
  handlers.some(
    ({ handler }) => handler.kind === 'endpoint' && 'kind' in handler.returns && handler.returns.kind === 'file',
  )
export const authorizes: Needed = ({ handlers }) =>
  handlers.some(({ handler }) => handler.kind === 'endpoint' && handler.caller.scheme !== 'anyone')
/** Whether anything but requests makes it run. */
export const worksBesides: Needed = ({ handlers }) => handlers.some(({ handler }) => handler.kind !== 'endpoint')
/** Whether a handler or authorizer of it has grants. */
export const uses: Needed = needs => needs.uses.length > 0
export const asks: Needed = needs => needs.asks
export const carries: Needed = needs => needs.carries
export const cors: Needed = needs => needs.cors
export const never: Needed = () => false
