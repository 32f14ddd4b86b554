import { describe, expect, it } from 'vitest'
import { type Graph, graphOf } from '../../plan/graph.ts'
import { mermaid } from './mermaid.ts'
import { pictureOf } from './picture.ts'
import { sheetOf } from './routes.ts'
import { svg } from './svg.ts'
import { shop } from './test/shop.ts'

const graph = graphOf(shop)
const nasty: Graph = { ...graph, title: '"Shop" <b>&\n`#1`', sites: [{ name: 'a"]', path: '/<x>' }] }
const empty: Graph = {
  ...graph,
  gateways: [],
  services: [],
  sites: [],
  alarms: [],
  arrows: [],
  resources: resourcesOfNone(),
}

function resourcesOfNone(): Graph['resources'] {
  const { resources } = graph
  return { ...resources, table: [], view: [], queue: [], topic: [], mailbox: [] }
}

describe('The Mermaid flowchart', () => {
  const text = mermaid(graph)
  const nameOf = (label: string) => text.match(new RegExp(`(n\\d+)\\S*"[^"]*${label}`))?.[1]

  it('frames the handlers of a service', () => {
    expect(text).toMatch(/subgraph n\d+\["backend"\]\n {4}n\d+\["placeOrder<br>POST \/orders<br>by anyone"\]/)
  })

  it('labels grants by their right, and what makes a handler run by what it brings', () => {
    expect(text).toContain(`${nameOf('placeOrder')} -->|"publisher"| ${nameOf('topic<br>order-events')}`)
    expect(text).toContain(`${nameOf('queue<br>product-updates')} -.->|"messages"| ${nameOf('applyUpdate')}`)
  })

  it('escapes names', () => {
    expect(mermaid(nasty)).toContain('((("site<br>a#34;]<br>/#60;x#62;")))')
  })
})

describe('The SVG picture', () => {
  const sheet = sheetOf(pictureOf(graph))

  it('shows every handler and resource once, and names itself for screen readers', () => {
    const text = svg(graph)
    expect(text).toContain('<title id="title">shop</title>')
    expect(text).toContain('1 site, 2 gateways, 3 services with 8 handlers, 5 resources, 2 alarms.</desc>')
    expect(text.match(/class="handler"/g)).toHaveLength(8)
    expect(sheet.boxes).toHaveLength(1 + 2 + 3 + 5 + 2)
  })

  it('is light and dark, without scripts and without anything from elsewhere', () => {
    const text = svg(graph).replace('xmlns="http://www.w3.org/2000/svg"', '')
    expect(text).toContain('prefers-color-scheme:dark')
    expect(text).not.toMatch(/<script|http|@import|@font-face|<image|<foreignObject/)
  })

  it('lets no boxes overlap, and keeps them on the sheet', () => {
    const { boxes, width, height } = sheet
    const overlap = boxes.flatMap(a =>
      boxes.filter(
        b => a !== b && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height,
      ),
    )
    expect(overlap).toEqual([])
    expect(
      boxes.every(box => box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height),
    ).toBe(true)
  })

  it('leads a link past a column between its boxes', () => {
    const backend = sheet.boxes.find(({ box }) => box.name === 'backend')
    const lanes = sheet.lines.flatMap(({ path }) => path.match(new RegExp(`^M${backend?.x} (-?\\d+)H`))?.[1] ?? [])
    const [top = 0, bottom = 0] = [backend?.y, (backend?.y ?? 0) + (backend?.height ?? 0)]
    expect(lanes.length).toBeGreaterThan(0)
    expect(lanes.map(Number).filter(y => y > top && y < bottom)).toEqual([])
  })

  it('puts a service that others call behind them, and ends where services call in a circle', () => {
    const columns = pictureOf(graph).boxes.filter(({ kind }) => kind === 'service')
    expect(Object.fromEntries(columns.map(({ name, column }) => [name, column]))).toEqual({
      customer: 1,
      ops: 1,
      backend: 2,
    })
    const circle: Graph = {
      ...graph,
      arrows: [...graph.arrows, { kind: 'calls', from: 'service:backend', to: 'service:ops' }],
    }
    expect(svg(circle)).toContain('</svg>')
  })

  it('escapes names, and draws a plan that has nothing', () => {
    const text = svg(nasty)
    expect(text).toContain('&quot;Shop&quot; &lt;b&gt;&amp;')
    expect(text).not.toContain('<b>')
    expect(svg(empty)).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('is the same text each time', () => {
    expect(svg(graphOf(shop))).toBe(svg(graph))
    expect(mermaid(graphOf(shop))).toBe(mermaid(graph))
  })
})
