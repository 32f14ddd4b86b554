/**
 * What a function does not use is left out of its bundle. The framework and the drivers import all that any service may
 * need; which of it one service needs, its grants and handlers say. A module that is left out is replaced by one whose
 * functions can be called and give nothing; whoever then asks something of that is told what is missing.
 */
import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'
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
}

type Needed = (needs: Needs) => boolean

const has =
  (...on: Right['on'][]): Needed =>
  ({ rights }) =>
    rights.some(right => on.includes(right.on))
const handles =
  (...kinds: string[]): Needed =>
  ({ handlers }) =>
    handlers.some(({ handler }) => kinds.includes(handler.kind))
const grants =
  (...kinds: string[]): Needed =>
  ({ uses }) =>
    uses.some(({ grant }) => kinds.includes(grant.resource.kind))
const takesMessages: Needed = needs => needs.rights.some(({ on, may }) => on === 'queue' && may === 'receive')
const either =
  (...all: Needed[]): Needed =>
  needs =>
    all.some(each => each(needs))
const ticks = either(handles('schedule', 'retention'), ({ alarms }) => alarms)
const isStream = ({ handler }: Parts['handlers'][number]): boolean =>
  handler.kind === 'endpoint' && 'kind' in handler.returns && handler.returns.kind === 'stream'
const streams: Needed = ({ handlers }) => handlers.some(isStream)
const asksForStreams: Needed = ({ uses, all }) => {
  const asked = new Set(uses.map(({ grant }) => grant.resource))
  return all.some(named => asked.has(named.service) && isStream(named))
}
const watches: Needed = ({ uses }) => uses.some(({ grant }) => grant.right === 'watcher')
const onceCalls: Needed = ({ handlers }) =>
  handlers.some(({ handler }) => handler.kind === 'endpoint' && handler.once !== undefined)
const secretsBesidesTheKey: Needed = ({ rights }) =>
  rights.some(({ on, name, may }) => on === 'secret' && !(may === 'set' && name.endsWith('groundplan-internal')))

/** Modules by the end of their path, without its ending; who needs them. */
const modules: Readonly<Record<string, Needed>> = {
  'runtime/alarms': ({ alarms }) => alarms,
  'runtime/clients/bucket': grants('bucket'),
  'runtime/clients/gauge': ({ uses }) => uses.some(({ grant }) => grant.right === 'gauge'),
  'runtime/clients/messages': grants('queue', 'topic', 'mailbox'),
  'runtime/clients/redriver': ({ uses }) => uses.some(({ grant }) => grant.right === 'redriver'),
  'runtime/clients/service': grants('service'),
  'runtime/clients/table': grants('table', 'view'),
  'runtime/connection/client': grants('connection'),
  'runtime/database/client': ({ databases }) => databases,
  'runtime/database/columns': ({ databases }) => databases,
  'runtime/database/migrate': ({ databases }) => databases,
  'runtime/database/outbox': ({ databases }) => databases,
  'runtime/deliver': takesMessages,
  'runtime/feeds': either(takesMessages, ticks),
  'runtime/once': onceCalls,
  'runtime/operations': either(({ uses }) => uses.length > 0, takesMessages, ticks, onceCalls),
  'runtime/outsides': ({ uses, databases }) =>
    databases || uses.some(({ grant }) => grant.resource.kind === 'connection'),
  'runtime/clients/vault': either(has('setting'), secretsBesidesTheKey, grants('connection')),
  'runtime/pump': takesMessages,
  'runtime/relay': ({ carries, databases }) => carries || databases,
  'runtime/retention': handles('retention'),
  'runtime/schedules': ticks,
  'runtime/streams': streams,
  'runtime/tokens': ({ asks }) => asks,
  'runtime/views': handles('view'),
  'runtime/watching': watches,
  'http/lambda/carried': ({ asks }) => asks,
  'http/lambda/handed-on': either(streams, asksForStreams),
  'contract/mail-once': has('mail', 'table', 'stream'),
  'contract/schedule': either(has('table', 'stream'), ticks),
  'contract/ticks': ticks,
  'aws/src/functions': grants('service'),
  'aws/src/letters': has('queue'),
  'aws/src/live-changes': has('table', 'stream'),
  'aws/src/mail': has('mail'),
  'aws/src/response-stream': asksForStreams,
  'aws/src/queue': has('queue'),
  'aws/src/sqs': has('queue'),
  'aws/src/dynamo': has('table', 'stream'),
  'aws/src/store': has('table', 'stream'),
  'aws/src/vault-settings': has('setting'),
  'aws/src/vault-secrets': either(({ asks }) => asks, secretsBesidesTheKey),
  's3/src/bucket': has('bucket'),
  's3/src/uploads': ({ uses }) => uses.some(({ grant }) => grant.right === 'uploader'),
}

/** The modules that somebody with these needs does without. */
export function leftOut(needs: Needs): readonly string[] {
  return Object.entries(modules).flatMap(([module, needed]) => (needed(needs) ? [] : [module]))
}

export function leavingOut(needs: Needs): Plugin {
  const gone = leftOut(needs)
  return {
    name: 'leaving-out',
    setup(build) {
      build.onResolve({ filter: /^left-out$/ }, () => ({ path: 'left-out', namespace: space, sideEffects: false }))
      build.onLoad({ filter: /.*/, namespace: space }, () => ({ contents: shared, loader: 'js' }))
      build.onLoad({ filter: /\/(?:runtime|http|contract|aws|s3)\/.*\.[jt]s$/ }, async ({ path }) => {
        const module = gone.find(each => isAt(path, each))
        if (module === undefined) return undefined
        return { contents: absent(module, namesIn(await readFile(path, 'utf8'))), loader: 'js' }
      })
    },
  }
}

/** A package that was built has `dist` in the place of `src`. */
function isAt(path: string, module: string): boolean {
  const plain = path.replace(/\.[jt]s$/, '').replace('/dist/', '/src/')
  return plain.endsWith(`/${module}`) && (/\/(?:framework|groundplan)\/src\//.test(plain) || module.includes('/src/'))
}

/** What a module exports that is there when it runs. */
function namesIn(source: string): readonly string[] {
  return [...source.matchAll(/^export (?:async )?(?:function\*?|class|const|let) (\w+)/gm)].map(([, name = '']) => name)
}

/** What stands where a module was. Nothing is done when it is loaded. */
function absent(module: string, names: readonly string[]): string {
  const made = names.map(name => `export function ${name}() { return nothingOf(${JSON.stringify(module)}) }`)
  return [`import { nothingOf } from 'left-out'`, ...made].join('\n')
}

const space = 'groundplan-left-out'

const shared = `
export const nothingOf = module => new Proxy({}, {
  get(_, name) {
    if (name === 'then' || typeof name === 'symbol') return undefined
    if (name === 'close') return () => {}
    return () => { throw new Error(module + '.' + name + ' was left out: nothing that this function is granted needs it') }
  },
})
`
