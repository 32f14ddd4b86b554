/**
 * What a function does not use is left out of its bundle. The framework and the drivers import all that any service may
 * need; which of it one service needs, its grants and handlers say. A module that is left out is replaced by one whose
 * functions can be called and give nothing; whoever then asks something of that is told what is missing.
 */
import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'
import {
  asks,
  asksForStreams,
  authorizes,
  either,
  grants,
  handles,
  has,
  type Needed,
  type Needs,
  onceCalls,
  secretsBesidesTheKey,
  streams,
  takesMessages,
  ticks,
  uses,
  watches,
} from './needs.ts'

/** Modules by the end of their path, without its ending; who needs them. */
const modules: Readonly<Record<string, Needed>> = {
  'runtime/alarms': ({ alarms }) => alarms,
  'runtime/authorizing': either(authorizes, asks),
  'runtime/calls-between': asks,
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
  'runtime/grant-clients': uses,
  'runtime/topic-subscribers': grants('topic'),
  'runtime/feeds': either(takesMessages, ticks),
  'runtime/once': onceCalls,
  'runtime/once-runs': onceCalls,
  'runtime/operations': either(uses, takesMessages, ticks, onceCalls),
  'runtime/outsides': ({ uses, databases }) =>
    databases || uses.some(({ grant }) => grant.resource.kind === 'connection'),
  'runtime/clients/vault': either(has('setting'), secretsBesidesTheKey, grants('connection')),
  'runtime/pump': takesMessages,
  'runtime/relay': ({ carries, databases }) => carries || databases,
  'runtime/retention': handles('retention'),
  'runtime/schedules': ticks,
  'runtime/shared-key': asks,
  'runtime/sql-relay': ({ databases }) => databases,
  'runtime/streams': streams,
  'runtime/tokens': asks,
  'runtime/views': handles('view'),
  'runtime/watching': watches,
  'http/ask-elsewhere': asks,
  'http/ask-over-http': asks,
  'http/lambda/carried': asks,
  'http/lambda/handed-on': either(streams, asksForStreams),
  'contract/mail-once': has('mail', 'table', 'stream'),
  'contract/schedule': either(has('table', 'stream'), ticks),
  'contract/ticks': ticks,
  // A function of Lambda has its credentials in its environment.
  'aws/src/credentials-elsewhere': () => false,
  'aws/src/functions': grants('service'),
  'aws/src/letters': has('queue'),
  'aws/src/live-changes': has('table', 'stream'),
  'aws/src/mail': has('mail'),
  'aws/src/ses': has('mail'),
  'aws/src/response-stream': asksForStreams,
  'aws/src/queue': has('queue'),
  'aws/src/sqs': has('queue'),
  'aws/src/dynamo': has('table', 'stream'),
  'aws/src/store': has('table', 'stream'),
  'aws/src/vault-settings': has('setting'),
  'aws/src/vault-secrets': either(asks, secretsBesidesTheKey),
  's3/src/bucket': has('bucket'),
  // Who is told of new objects may hear of a bucket that it may not touch.
  's3/src/names': has('bucket', 'queue'),
  's3/src/objects': has('bucket'),
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
export function isAt(path: string, module: string): boolean {
  const plain = path.replace(/\.[jt]s$/, '').replace('/dist/', '/src/')
  return plain.endsWith(`/${module}`) && (/\/(?:framework|groundplan)\/src\//.test(plain) || module.includes('/src/'))
}

/** What a module exports that is there when it runs. */
export function namesIn(source: string): readonly string[] {
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
