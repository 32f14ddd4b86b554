/**
 * Endpoints: what an address, a method and an answer can be in HTTP, and what `once` can promise.
 */
import type { AnyEndpoint } from '../endpoint.ts'
import { finding, type Mistake, type MistakeCode } from '../mistake.ts'
import { handlersOf, type NamedHandler, type Parts } from '../parts.ts'
import type { Schema } from '../schema.ts'
import { handlerText } from './services.ts'

type NamedEndpoint = NamedHandler & { readonly handler: AnyEndpoint }

export function* endpointMistakes(parts: Parts): Generator<Mistake> {
  for (const named of handlersOf(parts, 'endpoint')) {
    yield* routeMistakes(named)
    yield* parameterMistakes(named)
    yield* bodyMistakes(named)
    yield* onceMistakes(named)
    yield* failMistakes(named)
    yield* returnMistakes(named)
  }
}

function wrong(code: MistakeCode, named: NamedEndpoint, what: string, wayOut: string): Mistake {
  return finding(code, [named.handler], `The ${handlerText(named)} ${what}`, wayOut)
}

// ---------- route

const methods = new Set<string>(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
const segment = /^[A-Za-z0-9._~-]+$/
const parameter = /^:[A-Za-z_][A-Za-z0-9_]*$/

function* routeMistakes(named: NamedEndpoint): Generator<Mistake> {
  const { method, path } = named.handler
  const route = `has the route "${method} ${path}"`
  if (!methods.has(method)) {
    yield wrong('route-invalid', named, `has the method "${method}"`, `use one of ${[...methods].join(', ')}`)
  }
  const why = pathFault(path, true)
  if (why) yield wrong('route-invalid', named, `${route}: ${why}`, 'write it like `GET /orders/:orderId`')
  const names = parametersIn(path)
  const repeated = names.find((name, at) => names.indexOf(name) < at)
  if (repeated) {
    yield wrong('route-invalid', named, `${route}: it has ":${repeated}" twice`, 'give each parameter its own name')
  }
}

/** Why a path cannot stand in an address; nothing when it can. */
export function pathFault(path: string, parameters: boolean): string | undefined {
  if (!path.startsWith('/')) return 'it does not begin with a slash'
  if (path === '/') return undefined
  const segments = path.slice(1).split('/')
  if (segments.at(-1) === '') return 'it ends with a slash'
  if (segments.includes('')) return 'it has an empty segment'
  const odd = segments.find(each => !segment.test(each) && !(parameters && parameter.test(each)))
  return odd === undefined ? undefined : `"${odd}" is no segment`
}

export function parametersIn(path: string): readonly string[] {
  return path.split('/').flatMap(part => (part.startsWith(':') ? [part.slice(1)] : []))
}

/** The schema of the parameters and the names in the route must be the same ones. */
function* parameterMistakes(named: NamedEndpoint): Generator<Mistake> {
  const { params, path } = named.handler
  const shape = params && shapeOf(params)
  if (!shape) return
  const inRoute = new Set(parametersIn(path))
  const missing = [...inRoute].filter(name => !Object.hasOwn(shape, name))
  const extra = Object.keys(shape).filter(name => !inRoute.has(name) && !shape[name]?.safeParse(undefined).success)
  const wayOut = 'name the same parameters in the route and in `params`'
  if (missing.length > 0) {
    yield wrong('parameters-differ', named, `has ${quoted(missing)} in its route and not in \`params\``, wayOut)
  }
  if (extra.length > 0) {
    yield wrong('parameters-differ', named, `asks in \`params\` for ${quoted(extra)}, not in its route`, wayOut)
  }
}

/** The fields of an object schema; nothing for any other. */
function shapeOf(schema: Schema): Readonly<Record<string, Schema>> | undefined {
  return 'shape' in schema ? (schema.shape as Readonly<Record<string, Schema>>) : undefined
}

function quoted(names: readonly string[]): string {
  return names.map(name => `"${name}"`).join(', ')
}

// ---------- request

function* bodyMistakes(named: NamedEndpoint): Generator<Mistake> {
  const { method, body } = named.handler
  if (!body || (method !== 'GET' && method !== 'DELETE')) return
  const wayOut = 'ask for it in `query`, or make the route a POST'
  yield wrong('body-not-allowed', named, `asks for a body in a ${method}, which many clients and proxies drop`, wayOut)
}

const headerName = /^[A-Za-z0-9-]+$/

function* onceMistakes(named: NamedEndpoint): Generator<Mistake> {
  const { once, method, returns } = named.handler
  if (once === undefined) return
  if (!headerName.test(once)) {
    yield wrong('once-not-allowed', named, `has \`once: '${once}'\`, which is no header`, "write 'Idempotency-Key'")
  }
  if (method === 'GET') {
    yield wrong('once-not-allowed', named, 'has `once` on a GET, which changes nothing', 'leave `once` out')
  }
  for (const kind of ['stream', 'file'] as const) {
    if (!isKind(returns, kind)) continue
    const wayOut = `answer with a value, and give the ${kind} from another endpoint`
    yield wrong('once-not-allowed', named, `has \`once\` and answers with a ${kind}, which cannot be kept`, wayOut)
  }
}

// ---------- answer

const code = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

function* failMistakes(named: NamedEndpoint): Generator<Mistake> {
  for (const [name, status] of Object.entries(named.handler.fails)) {
    if (!code.test(name)) {
      const wayOut = 'write it in lower-case words joined by hyphens'
      yield wrong('fails-invalid', named, `has the problem code "${name}" in \`fails\``, wayOut)
    }
    if (!between(status, 400, 599)) {
      const wayOut = 'give a problem a status from 400 to 599'
      yield wrong('fails-invalid', named, `answers the problem "${name}" with the status ${status}`, wayOut)
    }
  }
}

const mediaType = /^[a-z]+\/[A-Za-z0-9.+-]+(; ?[a-z-]+=[A-Za-z0-9.-]+)?$/

function* returnMistakes(named: NamedEndpoint): Generator<Mistake> {
  const { returns } = named.handler
  if (isKind(returns, 'file')) {
    const odd = (returns as { types: readonly string[] }).types.filter(type => !mediaType.test(type))
    if (odd.length > 0) {
      yield wrong('returns-invalid', named, `returns files of the type ${quoted(odd)}`, 'write it like image/png')
    }
  } else if (isByStatus(returns)) yield* statusMistakes(named, Object.keys(returns))
}

function* statusMistakes(named: NamedEndpoint, statuses: readonly string[]): Generator<Mistake> {
  if (statuses.length === 0) {
    yield wrong('returns-invalid', named, 'returns `{}`, which is no answer', 'name a schema, or `nothing`')
  }
  for (const status of statuses) {
    if (!between(Number(status), 200, 299)) {
      const wayOut = 'name statuses from 200 to 299; what goes wrong is a problem in `fails`'
      yield wrong('returns-invalid', named, `returns a value with the status ${status}`, wayOut)
    }
    if (status === '204' || status === '205') {
      const wayOut = 'write `returns: nothing`'
      yield wrong('returns-invalid', named, `returns a value with ${status}, which has no content`, wayOut)
    }
  }
}

function isKind(returns: AnyEndpoint['returns'], kind: 'stream' | 'file'): boolean {
  return 'kind' in returns && returns.kind === kind
}

/** Answers by status: neither a schema nor one of the words, which have a `kind`. */
function isByStatus(returns: AnyEndpoint['returns']): boolean {
  return !('_zod' in returns) && !('kind' in returns)
}

function between(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
