/**
 * Files of a site in their bucket. They are there before the pages that name them. Pages that a browser has open name those
 * of the build before: what no page of now names stays for a week after the deployment that dropped it, and goes with the
 * next one after that. The bucket keeps versions, so that even then it is a month until it is gone.
 */
import { readFileSync } from 'node:fs'
import type { Objects } from './objects.ts'
import type { SiteFile } from './site.ts'

/** In the bucket of deployments: when each file was dropped. */
const droppedKey = 'site/dropped.json'
const keptMs = 7 * 86_400_000
const below = '_next/static/'

/** Their names change with what they hold. */
const forever = 'public, max-age=31536000, immutable'

const types: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  css: 'text/css; charset=utf-8',
  gif: 'image/gif',
  ico: 'image/x-icon',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  mjs: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  ttf: 'font/ttf',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  webp: 'image/webp',
  woff: 'font/woff',
  woff2: 'font/woff2',
}

function typeOf(key: string): string {
  return types[key.slice(key.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
}

/** Puts there what is not there yet. Gives how many. */
export async function bringsFiles(site: Objects, files: readonly SiteFile[], signal: AbortSignal): Promise<number> {
  const there = new Set(await site.keys(below))
  const missing = files.filter(({ key }) => !there.has(key))
  for (const [at, { key, path }] of missing.entries()) {
    if (signal.aborted) return at
    await site.put(key, readFileSync(path), { type: typeOf(key), cache: forever })
  }
  return missing.length
}

/** Removes what was dropped long ago, and notes what is dropped now. Gives how many went. */
export async function dropsFiles(
  site: Objects,
  deployments: Objects,
  files: readonly SiteFile[],
  now: Date,
): Promise<number> {
  const named = new Set(files.map(({ key }) => key))
  const before: Readonly<Record<string, string>> = JSON.parse((await deployments.text(droppedKey)) ?? '{}')
  const unnamed = (await site.keys(below)).filter(key => !named.has(key))
  const since = (key: string) => before[key] ?? now.toISOString()
  const gone = unnamed.filter(key => now.getTime() - Date.parse(since(key)) >= keptMs)
  for (const key of gone) await site.remove(key)
  const left = unnamed.filter(key => !gone.includes(key)).map(key => [key, since(key)] as const)
  const text = JSON.stringify(Object.fromEntries(left))
  if (text !== JSON.stringify(before)) await deployments.put(droppedKey, text, { type: 'application/json' })
  return gone.length
}
