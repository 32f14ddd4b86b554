/**
 * `groundplan openapi`: the OpenAPI document of a gateway, from its plan alone.
 */
import { baseOf } from '../http/addresses.ts'
import type { OpenApiDocument } from '../http/openapi/document.ts'
import { openApi } from '../http/openapi.ts'
import type { Plan } from '../plan/plan.ts'
import { command } from './command.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import { loadProject, loadSystems, namesMeant } from './load.ts'
import { nearest } from './nearest.ts'
import { yaml } from './yaml.ts'

export const openapi = command({
  name: 'openapi',
  summary: 'Prints the OpenAPI document of a gateway',
  takes: '<system> [gateway]',
  about: 'The gateway is needed where a system has several.',
  flags: {
    yaml: { type: 'boolean', help: 'as YAML instead of JSON' },
    server: { type: 'string', value: '<url>', help: 'where the gateway stands (/api/<system>, as `start` serves it)' },
  },
  examples: [
    ['groundplan openapi counter > counter.json', 'of the only gateway'],
    ['groundplan openapi storefront ops --yaml > openapi.yaml', 'of one of several, to be read'],
    ['groundplan openapi storefront ops --server https://shop.example.org/ops', 'of one of several'],
  ],
  async run({ server, yaml: asYaml }, [named, gateway], terminal) {
    const project = await loadProject(terminal.folder)
    const systems = Object.keys(project.config.systems)
    if (named === undefined) throw wrongUsage('Which system?', `groundplan openapi ${systems.join(' | ')}`)
    const [system] = await loadSystems(project, namesMeant(project, [named], []))
    const document = system && documentOf(system.plan, gateway, server)
    terminal.out(asYaml ? yaml(document) : `${JSON.stringify(document, null, 2)}\n`)
    return exitCodes.done
  },
})

function documentOf(plan: Plan, named: string | undefined, server: string | undefined): OpenApiDocument {
  const names = Object.keys(plan.gateways)
  const name = named ?? (names.length === 1 ? names[0] : undefined)
  const gateway = name !== undefined && Object.hasOwn(plan.gateways, name) ? plan.gateways[name] : undefined
  if (name === undefined || !gateway) throw unknownGateway(plan, named)
  const title = gateway.title ?? (names.length === 1 ? (plan.title ?? plan.name) : `${plan.title ?? plan.name} ${name}`)
  const base = server ?? baseOf(plan.name, name, names.length, false)
  return openApi(name, gateway, { title, server: base })
}

function unknownGateway({ name, gateways }: Plan, named: string | undefined) {
  const names = Object.keys(gateways)
  if (names.length === 0) return wrongUsage(`"${name}" has no gateway`, 'name a system that has one')
  if (named === undefined)
    return wrongUsage(`"${name}" has several gateways`, `groundplan openapi ${name} ${names.join(' | ')}`)
  const meant = nearest(named, names)
  const wayOut = meant === undefined ? `it has: ${names.join(', ')}` : `did you mean "${meant}"?`
  return wrongUsage(`"${name}" has no gateway "${named}"`, wayOut)
}
