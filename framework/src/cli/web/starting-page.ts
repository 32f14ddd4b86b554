/**
 * What a browser sees while the web front is not there yet, or not again: a page that asks anew by itself. Plain HTML
 * without scripts, light or dark as the reader has it.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

const retryS = 1

const style = `
:root { --page: #f2f5f5; --ink: #12262b; --soft: #4d6166 }
@media (prefers-color-scheme: dark) { :root { --page: #0d1517; --ink: #e6eeee; --soft: #9db2b5 } }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; text-align: center;
  background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
h1 { margin: 0; font-size: 1.25rem; font-weight: 600 }
p { margin: .25rem 0 0; color: var(--soft) }
`

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="${retryS}">
<title>The pages are starting</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>The pages are starting</h1>
<p role="status">This page asks again by itself, in a second.</p>
</main>
</body>
</html>
`

const problem = JSON.stringify({
  type: 'about:blank',
  title: 'The service does not answer',
  status: 503,
  code: 'service-unavailable',
  detail: 'the pages are starting',
})

/** Answers 503: with a page to who asks for one, else with a problem. */
export function sayStarting({ method, headers }: IncomingMessage, response: ServerResponse): void {
  const isPage = headers.accept?.includes('text/html') ?? false
  const body = isPage ? page : problem
  response.writeHead(503, {
    'content-type': isPage ? 'text/html; charset=utf-8' : 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'content-security-policy': `default-src 'none'; img-src data:; style-src '${hashOf(style)}'; frame-ancestors 'none'; base-uri 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'retry-after': String(retryS),
    'x-content-type-options': 'nosniff',
  })
  response.end(method === 'HEAD' ? undefined : body)
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
