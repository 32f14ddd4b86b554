/** Functions of moto's Lambda that a machine moves: their aliases, and versions of code. */
import type { Call, Interpreter } from './interpreter.ts'
import { role, shortOf, type World } from './release-bed.ts'

export interface Functions extends World {
  setLive(bed: Interpreter, name: string, version: string): Promise<void>
}

const aliasOf = (name: string) => `/2015-03-31/functions/${name}/aliases/live`

/** @param unchanged a function whose code is not new */
export function functionsOf(names: readonly string[], unchanged: string): Functions {
  const made: Functions = {
    async prepared(bed) {
      for (const name of names) await makeFunction(bed, name, name !== unchanged)
      return {}
    },
    async reset(bed) {
      for (const name of names) await made.setLive(bed, name, '1')
    },
    moveOf: call => (call.action === 'lambda updateAlias' ? moveOf(call) : undefined),
    live: bed => Promise.all(names.map(name => liveOf(bed, name))),
    async setLive(bed, name, FunctionVersion) {
      await bed.ask('lambda', { method: 'PUT', path: aliasOf(name), json: { FunctionVersion, RoutingConfig: {} } })
    },
  }
  return made
}

async function makeFunction(bed: Interpreter, name: string, isNew: boolean): Promise<void> {
  const code = (text: string) => ({ ZipFile: Buffer.from(text).toString('base64') })
  const given = { Runtime: 'nodejs22.x', Handler: 'index.handler', Role: role, Publish: true }
  const path = '/2015-03-31/functions'
  await bed.ask('lambda', { path, json: { FunctionName: name, Code: code('one'), ...given } })
  await bed.ask('lambda', { path: `${path}/${name}/aliases`, json: { Name: 'live', FunctionVersion: '1' } })
  if (isNew) await bed.ask('lambda', { method: 'PUT', path: `${path}/${name}/code`, json: code('two') })
}

async function liveOf(bed: Interpreter, name: string): Promise<string> {
  const { FunctionVersion, RoutingConfig } = JSON.parse(await bed.ask('lambda', { method: 'GET', path: aliasOf(name) }))
  const weights = Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {})
  return weights.length === 0 ? FunctionVersion : `${FunctionVersion}, in part ${weights}`
}

function moveOf({ on, body }: Call): string {
  const { FunctionVersion, RoutingConfig } = JSON.parse(body)
  const [part] = Object.entries<number>(RoutingConfig.AdditionalVersionWeights)
  const share = part ? `${Math.round(part[1] * 100)} % to ${part[0]}` : `all to ${FunctionVersion}`
  return `${shortOf(on)} ${share}`
}

export function isMove(call: Call, of: string, share: string): boolean {
  return call.action === 'lambda updateAlias' && call.on.endsWith(of) && moveOf(call).includes(share)
}

export function moveCount(calls: readonly Call[], share: string): number {
  return calls.filter(call => isMove(call, '', share)).length
}
