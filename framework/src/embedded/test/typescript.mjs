/**
 * Lets Node read the sources' TypeScript where it does not by itself, in processes and threads that tests start:
 * `node --import <this file> program.ts`. What a source becomes is kept by its content in .groundplan/test, which may be
 * removed at any time: else each of the many would start a compiler.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { threadId } from 'node:worker_threads'

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
  const text = await readFile(fileURLToPath(url), 'utf8')
  const kept = new URL(createHash('sha256').update(text).digest('hex'), folder)
  const source = await readFile(kept, 'utf8').catch(() => compiled(text, kept))
  return { format: 'module', source, shortCircuit: true }
}

const folder = new URL('../../../../.groundplan/test/typescript/', import.meta.url)

/**
 * @param {string} text
 * @param {URL} kept
 */
async function compiled(text, kept) {
  const { transform } = await import('esbuild')
  const { code } = await transform(text, { loader: 'ts', target: 'node20' })
  await mkdir(folder, { recursive: true })
  // Others may do so at the same moment.
  const fresh = new URL(`${kept.href}.${process.pid}.${threadId}`)
  await writeFile(fresh, code)
  await rename(fresh, kept)
  return code
}
