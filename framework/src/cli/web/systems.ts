/**
 * What the front may know of the server it stands behind: which systems the project has, which of them run, and where
 * their gateways and documentation are. Anybody may ask: there is nothing in it that the pages do not show.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ShownSystem } from '../root-page.ts'

/** No plan's name begins so: no gateway can stand there. */
export const systemsPath = '/api/-/systems'

/** A handler for `systemsPath`. `names` are all of the config, `running` those that run now. */
export function systemsAnswerer(names: readonly string[], running: () => readonly ShownSystem[]) {
  return ({ url, method = '' }: IncomingMessage, response: ServerResponse): boolean => {
    if (url?.split('?')[0] !== systemsPath || !['GET', 'HEAD'].includes(method)) return false
    const byName = new Map(running().map(system => [system.name, system]))
    const all = [...new Set([...names, ...byName.keys()])]
    const body = JSON.stringify({ systems: all.map(name => systemOf(name, byName.get(name))) })
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    response.end(method === 'HEAD' ? undefined : body)
    return true
  }
}

function systemOf(name: string, system: ShownSystem | undefined) {
  return { name, running: system !== undefined, title: system?.title ?? null, gateways: system?.gateways ?? [] }
}
