import { describe, expect, it } from 'vitest'
import { rootPage } from './root-page.ts'

const api = { name: 'api', url: '/api/counter', docs: '/api/counter/docs', endpoints: 5 }

describe('The page at the root', () => {
  it('lists systems with their gateways and leads to their documentation', () => {
    const page = rootPage([
      { name: 'counter', gateways: [api] },
      {
        name: 'shop',
        title: 'The shop',
        gateways: [{ ...api, name: 'ops', docs: '/api/shop/ops/docs', endpoints: 1 }],
      },
    ])
    expect(page).toContain('2 systems run here')
    expect(page).toContain('<h2>counter</h2>')
    expect(page).toContain('<a href="/api/counter/docs">api</a> <span>5 endpoints</span> <code>/api/counter</code>')
    expect(page).toContain('<h2>The shop</h2>')
    expect(page).toContain('<a href="/api/shop/ops/docs">ops</a> <span>1 endpoint</span>')
  })

  it('shows text as text', () => {
    const page = rootPage([{ name: 'x', title: '<b>"&', gateways: [] }])
    expect(page).toContain('<h2>&#60;b&#62;&#34;&#38;</h2>')
  })

  it('has no scripts, fits a phone and knows light and dark', () => {
    const page = rootPage([])
    expect(page).not.toContain('<script')
    expect(page).toContain('name="viewport" content="width=device-width, initial-scale=1"')
    expect(page).toContain('prefers-color-scheme: dark')
  })
})
