/** The gateway's own pages: its OpenAPI document and the page to try it. Made when they are first asked for. */
import type { Standing } from '../addresses.ts'
import { docsPage } from '../docs/page.ts'
import { apiDefaults, type HeaderList, pageDefaults } from '../headers.ts'
import { openApi } from '../openapi.ts'
import { sendText } from './content.ts'
import type { NodeExchange } from './exchange.ts'

/** Answers when the path, from the gateway on, is one of its pages. */
export type Pages = (exchange: NodeExchange, path: string) => Promise<boolean>

interface Page {
  readonly type: string
  readonly text: string
  readonly headers: HeaderList
}

const pageNames = new Set(['/openapi.json', '/docs'])

export function pagesOf(standing: Standing): Pages {
  let pages: ReadonlyMap<string, Page> | undefined
  return async (exchange, path) => {
    const { method = '' } = exchange.request
    if (!pageNames.has(path) || !['GET', 'HEAD'].includes(method)) return false
    pages ??= made(standing)
    const page = pages.get(path)
    if (!page) return false
    await sendText(exchange, 200, page.type, page.text, exchange.head(page.headers, {}))
    return true
  }
}

function made({ door, gateway, base }: Standing): ReadonlyMap<string, Page> {
  const found = door.gateways[gateway]
  if (!found) return new Map()
  const title = found.title ?? (Object.keys(door.gateways).length === 1 ? door.plan : `${door.plan} ${gateway}`)
  const document = openApi(gateway, found, { title, server: base })
  const page = docsPage(document)
  return new Map([
    [
      '/openapi.json',
      { type: 'application/json', text: `${JSON.stringify(document, null, 2)}\n`, headers: apiDefaults },
    ],
    [
      '/docs',
      { type: 'text/html; charset=utf-8', text: page.html, headers: pageDefaults(page.scriptHash, page.styleHash) },
    ],
  ])
}
