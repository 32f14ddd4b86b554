/**
 * The page at the root of a server: what is running, with links to the documentation of each gateway. Plain HTML without
 * scripts, light or dark as the reader has it, on a phone as well.
 */

export interface ShownGateway {
  readonly name: string
  /** Where its endpoints begin. */
  readonly url: string
  /** Its documentation. */
  readonly docs: string
  readonly endpoints: number
}

export interface ShownSystem {
  readonly name: string
  readonly title?: string
  readonly gateways: readonly ShownGateway[]
}

/** The whole document. */
export function rootPage(systems: readonly ShownSystem[]): string {
  const count = systems.length === 1 ? 'One system runs' : `${systems.length} systems run`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Groundplan</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Groundplan</h1>
<p>${count} here, on disk: what is kept is there again after a stop.</p>
<ul class="systems">
${systems.map(systemCard).join('\n')}
</ul>
</main>
</body>
</html>
`
}

function systemCard({ name, title, gateways }: ShownSystem): string {
  const rows = gateways.map(gatewayRow).join('\n')
  return `<li class="system">
<h2>${escaped(title ?? name)}</h2>
<ul>
${rows}
</ul>
</li>`
}

function gatewayRow({ name, url, docs, endpoints }: ShownGateway): string {
  const count = endpoints === 1 ? '1 endpoint' : `${endpoints} endpoints`
  return `<li><a href="${escaped(docs)}">${escaped(name)}</a> <span>${count}</span> <code>${escaped(url || '/')}</code></li>`
}

/** Text as it may stand in HTML, attributes included. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

const style = `
:root { --page: #f7f7f5; --card: #fff; --ink: #1d2126; --soft: #5b6470; --line: #dfe1e4; --link: #0b5cad }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --card: #1c2025; --ink: #e8eaed; --soft: #9aa4b0; --line: #2e343b; --link: #7db7f0 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: clamp(1.25rem, 5vw, 4rem) 1.25rem }
h1 { margin: 0; font-size: 1.75rem; letter-spacing: -.02em }
h2 { margin: 0 0 .5rem; font-size: 1.1rem }
p { margin: .25rem 0 2rem; color: var(--soft) }
ul { list-style: none; margin: 0; padding: 0 }
.systems { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)) }
.system { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem }
.system li { padding: .5rem 0; border-top: 1px solid var(--line) }
.system span { color: var(--soft); font-size: .875rem }
.system code { display: block; color: var(--soft); font-size: .8125rem; overflow-wrap: anywhere }
a { color: var(--link); font-weight: 600 }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px }
`
