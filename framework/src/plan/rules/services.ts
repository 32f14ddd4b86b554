/**
 * Services: handlers under one lasting name each, clients that lead somewhere, no circles. A handler's place is where it
 * was declared; a service's is where its record stands.
 */
import { type Authorizer, sameFamily } from '../authorizer.ts'
import { circlesIn, circleText } from '../circles.ts'
import { finding, type Mistake, type Note, type Placed } from '../mistake.ts'
import { handlersOf, isHandler, isService, type NamedHandler, type Parts } from '../parts.ts'
import type { AnyService } from '../service.ts'
import { grouped } from './grouped.ts'

export function* serviceMistakes(parts: Parts): Generator<Mistake> {
  for (const service of parts.services) yield* emptyMistakes(service)
  yield* handlerTwiceMistakes(parts)
  yield* circleMistakes(parts)
  yield* callMistakes(parts)
}

function* emptyMistakes(service: AnyService): Generator<Mistake> {
  if (Object.keys(service.handlers).length > 0) return
  yield finding(
    'service-empty',
    [service],
    `The service "${service.name}" has no handlers`,
    'give it handlers, or remove it',
  )
}

/** How a handler is spoken of: `handler "placeOrder" of the service "backend"`. */
export function handlerText({ service, name, handler }: NamedHandler): string {
  return `${handler.kind} "${name}" of the service "${service.name}"`
}

function* handlerTwiceMistakes({ handlers }: Parts): Generator<Mistake> {
  for (const same of grouped(handlers, ({ handler }) => handler).values()) {
    const [first] = same
    if (!first || same.length < 2) continue
    const names = same.map(({ service, name }) => `"${service.name}/${name}"`).join(' and ')
    yield finding(
      'handler-twice',
      [first.handler, ...same.map(({ service }) => service)],
      `One ${first.handler.kind} is listed as ${names}`,
      'list it once: a handler has one lasting name, in one service',
    )
  }
}

// ---------- calls between services

interface ServiceCall {
  readonly by: NamedHandler
  readonly to: AnyService
}

function callsIn({ uses }: Parts): readonly ServiceCall[] {
  return uses.flatMap(({ by, grant: { resource } }) =>
    isHandler(by) && isService(resource) ? [{ by, to: resource }] : [],
  )
}

function* circleMistakes(parts: Parts): Generator<Mistake> {
  const calls = new Map<AnyService, Map<AnyService, NamedHandler>>()
  for (const { by, to } of callsIn(parts)) {
    const from = calls.get(by.service) ?? new Map<AnyService, NamedHandler>()
    calls.set(by.service, from)
    if (!from.has(to)) from.set(to, by)
  }
  for (const circle of circlesIn(parts.services, service => calls.get(service)?.keys() ?? [])) {
    const callers = circle.flatMap((from, at): Placed[] => {
      const by = calls.get(from)?.get(circle[(at + 1) % circle.length] ?? from)
      return by ? [by.handler] : []
    })
    const message = `Services call each other in a circle: ${circleText(circle.map(({ name }) => name))}`
    yield finding('services-in-circle', callers, message, 'make the way back a message: a queue or a topic')
  }
}

function* callMistakes(parts: Parts): Generator<Mistake> {
  const asked = askedBy(parts)
  for (const { by, to } of callsIn(parts)) {
    const callers = asked.get(to)
    if (!callers) yield withoutEndpoints(by, to)
    else if (![...callers].some(caller => mayAccept(caller, by))) yield neverAccepted(by, to, callers)
  }
}

/** Whom the endpoints of each service accept. */
function askedBy(parts: Parts): ReadonlyMap<AnyService, ReadonlySet<Authorizer<unknown>>> {
  const asked = new Map<AnyService, Set<Authorizer<unknown>>>()
  for (const { service, handler } of handlersOf(parts, 'endpoint')) {
    const callers = asked.get(service) ?? new Set()
    asked.set(service, callers.add(handler.caller))
  }
  return asked
}

/**
 * Whether an endpoint that asks for `caller` can ever accept a call of this handler. The caller of an endpoint is handed
 * on, and known by the authorizer's name (or its family's, where that admits); every other handler calls for its service.
 */
function mayAccept(caller: Authorizer<unknown>, { handler }: NamedHandler): boolean {
  if (caller.scheme !== 'custom') return true
  if (handler.kind !== 'endpoint') return false
  const { name } = handler.caller
  return name === caller.name || (caller.admits !== undefined && sameFamily(name, caller.name))
}

function withoutEndpoints(by: NamedHandler, to: AnyService): Mistake {
  return finding(
    'client-without-endpoints',
    [by.handler, to],
    `The ${handlerText(by)} uses the client of "${to.name}", which has no endpoints`,
    `give "${to.name}" an endpoint, or send it a message`,
  )
}

function neverAccepted(by: NamedHandler, to: AnyService, callers: ReadonlySet<Authorizer<unknown>>): Mistake {
  const { handler } = by
  const brings = handler.kind === 'endpoint' ? `the caller "${handler.caller.name}"` : 'its own service as caller'
  const accepted = [...new Set([...callers].map(({ name }) => `"${name}"`))].join(', ')
  return finding(
    'caller-never-accepted',
    [handler, to],
    `The ${handlerText(by)} brings ${brings}, and no endpoint of "${to.name}" accepts it: they ask for ${accepted}`,
    'ask for the same authorizer, or give the service an endpoint whose caller is `internal`',
  )
}

// ---------- notes

/** Endpoints that nobody can call: no gateway leads to them, or only `internal` callers may and there are none. */
export function* reachNotes(parts: Parts): Generator<Note> {
  const called = new Set(callsIn(parts).map(({ to }) => to))
  const open = new Set<AnyService>(parts.gateways.map(({ gateway }) => gateway.service))
  for (const named of handlersOf(parts, 'endpoint')) {
    const { service, handler } = named
    if (called.has(service)) continue
    const internal = handler.caller.scheme === 'internal'
    if (open.has(service) && !internal) continue
    const why = internal ? 'it accepts other services only, and none has' : 'no gateway leads to it, and nobody has'
    yield finding(
      'endpoint-unreachable',
      [handler],
      `Nobody can call the ${handlerText(named)}: ${why} the client of "${service.name}"`,
      internal ? 'use the client in another service, or choose another authorizer' : 'give the service a gateway',
    )
  }
}
