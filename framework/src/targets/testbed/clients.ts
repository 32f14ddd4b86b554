/**
 * The gateways of a bed as typed functions: what an HTTP client would send, without HTTP.
 */
import type { AnyEndpoint } from '../../plan/endpoint.ts'
import type { Gateways, Plan } from '../../plan/plan.ts'
import { type Received, receivers } from '../../runtime/clients/service.ts'
import type { Answer, Asked, DoorRoute, ProblemBody } from '../../runtime/door.ts'

/** How a bed's clients speak to it. */
export interface Speaker {
  readonly routes: readonly DoorRoute[]
  readonly headers: Readonly<Record<string, string>>
  call(route: DoorRoute, asked: Asked): Promise<Answer>
}

/** A call was answered with a problem that the endpoint's `fails` does not name. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  readonly code: string
  readonly problem: ProblemBody

  constructor(problem: ProblemBody) {
    super(`${problem.status} ${problem.code}${problem.detail === undefined ? '' : `: ${problem.detail}`}`)
    this.code = problem.code
    this.problem = problem
  }
}

interface Request {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly once?: string
}

export function bedClients(plan: Plan<Gateways>, speaker: Speaker): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.keys(plan.gateways).map(gateway => {
      const routes = speaker.routes.filter(route => route.gateway === gateway)
      return [gateway, Object.fromEntries(routes.map(route => [route.name, asking(route, speaker)]))]
    }),
  )
}

function asking(route: DoorRoute, speaker: Speaker) {
  const received = receivers(route.endpoint)
  return async (request: Request = {}): Promise<unknown> =>
    replyOf(await speaker.call(route, askedFrom(route.endpoint, request, speaker.headers)), received)
}

function replyOf(answer: Answer, received: Received): unknown {
  if (answer.kind !== 'problem') return { ok: true, value: received(answer) }
  const { code, detail } = answer.problem
  if (!answer.declared) throw new CallRefused(answer.problem)
  return { ok: false, problem: { kind: 'problem', code, ...(detail === undefined ? {} : { detail }) } }
}

function askedFrom(endpoint: AnyEndpoint, request: Request, shown: Readonly<Record<string, string>>): Asked {
  const headers = new Map(
    [...Object.entries(shown), ...Object.entries(request.headers ?? {})].map(([name, value]) => [
      name.toLowerCase(),
      String(value),
    ]),
  )
  if (endpoint.once !== undefined && request.once !== undefined) headers.set(endpoint.once.toLowerCase(), request.once)
  const params = texts(request.params)
  return {
    method: endpoint.method,
    path: endpoint.path.replace(/:(\w+)/g, (_match, name: string) => encodeURIComponent(params[name] ?? '')),
    params,
    query: queryTexts(request.query),
    body: request.body === undefined ? undefined : JSON.parse(JSON.stringify(request.body)),
    header: name => headers.get(name),
    cookie: name => cookieIn(headers.get('cookie'), name),
    address: '127.0.0.1',
    signal: new AbortController().signal,
  }
}

function texts(values: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
}

function queryTexts(values: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, string | string[]>> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)]),
  )
}

function cookieIn(header: string | undefined, name: string): string | undefined {
  const found = header?.split(';').find(part => part.trim().startsWith(`${name}=`))
  return found?.trim().slice(name.length + 1)
}
