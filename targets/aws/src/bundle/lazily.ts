/**
 * Node's `crypto` is loaded when it is first used: that takes some 3 ms, and a call that signs and checks nothing needs
 * none of it. What is imported from it becomes functions that load it; what is no plain function loads it at once.
 */
import crypto from 'node:crypto'
import type { Plugin } from 'esbuild'

const space = 'groundplan-lazily'

export const lazily: Plugin = {
  name: 'lazily',
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?crypto$/ }, ({ kind, namespace, importer }) =>
      kind === 'import-statement' && namespace !== space && !isOthers(importer)
        ? { path: 'crypto', namespace: space, sideEffects: false }
        : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: space }, () => ({ contents: text(), loader: 'js' }))
  },
}

/** Packages of others have Node's own. */
function isOthers(importer: string): boolean {
  return /[/\\]node_modules[/\\](?!groundplan[/\\]|@groundplan[/\\])/.test(importer)
}

function text(): string {
  const names = Object.keys(crypto).filter(name => /^[A-Za-z]\w*$/.test(name))
  return [
    "const load = () => require('node:crypto')",
    ...names.map(exported),
    'export default /* @__PURE__ */ load()',
  ].join('\n')
}

function exported(name: string): string {
  const value: unknown = Reflect.get(crypto, name)
  const isPlain = typeof value === 'function' && /^[a-z]/.test(name) && Object.getOwnPropertySymbols(value).length === 0
  if (isPlain) return `export function ${name}(...given) { return load().${name}(...given) }`
  return `const own_${name} = /* @__PURE__ */ (() => load().${name})()\nexport { own_${name} as ${name} }`
}
