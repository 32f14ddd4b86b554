/**
 * Lets Node read the sources' TypeScript where it does not by itself, in processes and threads that tests start:
 * `node --import <this file> program.ts`.
 */
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'

const asHooks = '?hooks'
if (!import.meta.url.endsWith(asHooks)) register(import.meta.url + asHooks)

/**
 * @param {string} url
 * @param {import('node:module').LoadHookContext} context
 * @param {(url: string, context: import('node:module').LoadHookContext) => import('node:module').LoadFnOutput} next
 * @returns {Promise<import('node:module').LoadFnOutput>}
 */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context)
  const { transform } = await import('esbuild')
  const { code } = await transform(await readFile(fileURLToPath(url), 'utf8'), { loader: 'ts', target: 'node20' })
  return { format: 'module', source: code, shortCircuit: true }
}
