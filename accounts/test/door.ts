/** Requests of browsers: with cookies and origins, to the door itself. */
import type { Bed } from './people.ts'

export interface Browsing {
  readonly body?: unknown
  readonly origin?: string
  readonly address?: string
  readonly cookies?: Readonly<Record<string, string>>
}

export interface Shown {
  readonly status: number
  readonly body: unknown
  /** The lines as they were set. */
  readonly setCookies: readonly string[]
  /** What a browser then has. */
  readonly cookies: Readonly<Record<string, string>>
}

/** A request of a browser to an endpoint of a gateway. */
export async function browse(bed: Pick<Bed, 'runtime'>, to: string, browsing: Browsing = {}): Promise<Shown> {
  const { body, origin, cookies = {}, address = '203.0.113.7' } = browsing
  const [gateway, name] = to.split('/')
  const route = bed.runtime.door.routes.find(each => each.gateway === gateway && each.name === name)
  if (!route) throw new Error(`there is no ${to}`)
  const headers: Readonly<Record<string, string | undefined>> = { origin, 'user-agent': 'A browser' }
  const answer = await bed.runtime.door.call(route, {
    method: route.endpoint.method,
    path: route.endpoint.path,
    params: {},
    query: {},
    body,
    header: header => headers[header],
    cookie: cookie => cookies[cookie],
    address,
    signal: new AbortController().signal,
  })
  const setCookies = [answer.headers['set-cookie'] ?? []].flat()
  const pairs = setCookies.map(line => line.split(';', 1)[0]?.split('=') ?? [])
  return {
    status: answer.status,
    body: answer.kind === 'json' ? JSON.parse(answer.json) : answer.kind === 'problem' ? answer.problem : undefined,
    setCookies,
    cookies: { ...cookies, ...Object.fromEntries(pairs) },
  }
}
