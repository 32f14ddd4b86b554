/**
 * Where the words of a plan were written: elsewhere each looks at the stack for it. In a bundle all of them stand in one
 * line of one file, which says nothing, so nobody looks.
 */
import type { Plugin } from 'esbuild'

export const nowhere: Plugin = {
  name: 'nowhere',
  setup(build) {
    build.onLoad({ filter: /\/(?:framework|groundplan)\/(?:src|dist)\/plan\/place\.[jt]s$/ }, () => ({
      contents: text,
      loader: 'js',
    }))
  },
}

const text = `
const unknown = () => undefined
export const calledFrom = () => unknown
export const declaredAt = (_, declared) => declared
export const placeIn = unknown
`
