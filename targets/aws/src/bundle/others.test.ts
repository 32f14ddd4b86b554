/** What a bundle has of handlers: its own service's and their imports; nothing of others where that can be told. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { placesOf, withoutOthers } from './others.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const nodePaths = [fileURLToPath(new URL('../../../../node_modules', import.meta.url))]
const options = {
  ...{ bundle: true, treeShaking: true, format: 'cjs', platform: 'node', logLevel: 'silent', nodePaths },
  conditions: ['groundplan-source', 'module'],
} satisfies BuildOptions

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A shop of two services, `front` and `back`, each with an endpoint and what it imports; and more files. */
function project(more: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'others-'))
  folders.push(folder)
  for (const [name, text] of Object.entries({ ...shop, ...more })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const shop = {
  'package.json': '{ "type": "module", "sideEffects": false }',
  'plan.ts': `import { gateway, plan } from 'groundplan'
import { back } from './back.ts'
import { front } from './front.ts'
export default plan('shop', { gateways: { front: gateway(front), back: gateway(back) } })`,
  'front.ts': `import { anyone, endpoint, service } from 'groundplan'
import { z } from 'zod'
import { greeted } from './greeted.ts'
const hello = endpoint('GET /hello', {
  summary: 'Says hello', caller: anyone, returns: z.string(),
  handle: () => greeted('front'),
})
export const front = service('front', { hello })`,
  'back.ts': `import { anyone, endpoint, service } from 'groundplan'
import { z } from 'zod'
import { sorted } from './sorted.ts'
export const sort = endpoint('GET /sort', {
  summary: 'Sorts', caller: anyone, returns: z.string(),
  async handle() {
    return sorted('of the back')
  },
})
export const back = service('back', { sort })`,
  'greeted.ts': "export const greeted = (name: string): string => 'greeted by ' + name",
  'sorted.ts': "export const sorted = (name: string): string => 'sorted by ' + name",
}

async function bundleOf(folder: string, service: string | undefined): Promise<string> {
  const planFile = join(folder, 'plan.ts')
  const plugins = [withoutOthers(await placesOf(planFile, here, options), service)]
  const { outputFiles } = await build({ ...options, entryPoints: [planFile], write: false, plugins })
  return outputFiles[0]?.text ?? ''
}

type Handler = Readonly<Record<'handle', (call: object, uses: object) => unknown>>

/** The handlers of the plan that a bundle makes. */
function handlersIn(folder: string, text: string): Readonly<Record<string, Handler>> {
  const file = join(folder, `bundle-${text.length}.cjs`)
  writeFileSync(file, text)
  const { default: plan } = createRequire(file)(file)
  const services = Object.values(plan.gateways as Record<string, { service: { handlers: Record<string, Handler> } }>)
  return Object.assign({}, ...services.map(({ service }) => service.handlers))
}

describe('S11: the bundle of a service', () => {
  it('has its own handlers and what they import, and not those of others', async () => {
    const folder = project()
    const front = await bundleOf(folder, 'front')
    expect(front).toContain('greeted by')
    expect(front).not.toContain('sorted by')
    const back = await bundleOf(folder, 'back')
    expect(back).toContain('sorted by')
    expect(back).not.toContain('greeted by')
    const carrier = await bundleOf(folder, undefined)
    expect(carrier).not.toMatch(/(?:sorted|greeted) by/)
  })

  it('still has the whole plan: what is called answers, and a handler of another service says that it is not there', async () => {
    const folder = project()
    const { hello, sort } = handlersIn(folder, await bundleOf(folder, 'front'))
    expect(hello?.handle({}, {})).toBe('greeted by front')
    expect(sort).toMatchObject({ kind: 'endpoint', path: '/sort' })
    expect(() => sort?.handle({}, {})).toThrow('of another service')
  })

  it('keeps a function that has a name where its service uses it too', async () => {
    const folder = project({
      'say.ts': "export const say = () => 'said for both'",
      'front.ts': `import { say } from './say.ts'\n${shop['front.ts'].replace("greeted('front')", 'say()')}`,
      'back.ts': `import { say } from './say.ts'\n${shop['back.ts'].replace(/async handle[^}]*\}/, 'handle: say')}`,
    })
    const { hello, sort } = handlersIn(folder, await bundleOf(folder, 'front'))
    expect(hello?.handle({}, {})).toBe('said for both')
    expect(() => sort?.handle({}, {})).toThrow('of another service')
  })

  it('has what one place makes for several services, where its own is among them', async () => {
    const folder = project({
      'made.ts': `import { anyone, endpoint } from 'groundplan'
import { z } from 'zod'
export const made = (name: string) => endpoint(\`GET /\${name}\`, {
  summary: 'Made', caller: anyone, returns: z.string(),
  handle: () => 'made for ' + name,
})`,
      'front.ts': `import { service } from 'groundplan'\nimport { made } from './made.ts'\nexport const front = service('front', { hello: made('hello') })`,
      'back.ts': `import { service } from 'groundplan'\nimport { made } from './made.ts'\nexport const back = service('back', { sort: made('sort') })`,
    })
    expect(await bundleOf(folder, 'front')).toContain('made for ')
    expect(await bundleOf(folder, undefined)).not.toContain('made for ')
  })

  it('has everything where code takes a handler out of its object, and functions that are no handlers', async () => {
    const tool = `import { sort } from './back.ts'
export const greeted = (name: string): string => 'greeted by ' + name + sort.handle`
    expect(await bundleOf(project({ 'greeted.ts': tool }), 'front')).toContain('sorted by')
    const taken = 'const { handle } = tool\nexport const greeted = (name: string): string => handle(name)'
    const own = `const tool = { handle: (name: string) => 'a tool of ' + name }\n${taken}`
    expect(await bundleOf(project({ 'greeted.ts': own }), 'front')).toContain('sorted by')
    const given = `import { tools } from './tools.js'
const tool = { handle: (name: string) => 'a tool of ' + name }
export const greeted = tools(tool)`
    const tools = 'export const tools = tool => name => Object.values(tool)[0](name)'
    const bundle = await bundleOf(project({ 'greeted.ts': given, 'tools.js': tools }), 'front')
    expect(bundle).toContain('a tool of')
    expect(bundle).not.toContain('sorted by')
  })
})
