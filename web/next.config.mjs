/**
 * How Next builds and serves the pages. Everything a browser may need to know of the server stands elsewhere: nothing of
 * the environment goes into a bundle.
 */
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Of every answer; what a page may load is said for each page, in `proxy.ts`. */
const headers = [
  { key: 'x-content-type-options', value: 'nosniff' },
  { key: 'referrer-policy', value: 'same-origin' },
  { key: 'cross-origin-opener-policy', value: 'same-origin' },
  { key: 'cross-origin-resource-policy', value: 'same-origin' },
  { key: 'permissions-policy', value: 'camera=(), geolocation=(), microphone=()' },
]

/** @type {import('next').NextConfig} */
export default {
  // Types are checked by the repository's own check, with its own compiler.
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  images: { unoptimized: true },
  turbopack: { root },
  outputFileTracingRoot: root,
  // Nobody makes images smaller here: what does (LGPL binaries) is not shipped with the pages.
  outputFileTracingExcludes: { '*': ['../node_modules/sharp/**', '../node_modules/@img/**'] },
  // Built once for each change of the sources, often on a new machine: to write what a next build could take again took a
  // third of a build. Who works on pages has `npm run dev`.
  experimental: { turbopackFileSystemCacheForBuild: false },
  devIndicators: false,
  allowedDevOrigins: ['127.0.0.1'],
  headers: async () => [{ source: '/:path*', headers }],
  // Where browsers look that have not read yet which icon a page has.
  rewrites: async () => [{ source: '/favicon.ico', destination: '/icon.svg' }],
}
