import { describe, expect, it } from 'vitest'
import type { AlarmNode, Graph, HandlerNode } from '../../plan/graph.ts'
import { condition, startedBy, xml } from './words.ts'

const none: Pick<Graph, 'arrows'> = { arrows: [] }
const handler: HandlerNode = { id: 'handler:a/b', service: 'a', name: 'b', kind: 'schedule', timeoutMs: 1 }
const alarm: AlarmNode = { id: 'alarm:a', name: 'a', measure: 'dead-letters', above: 0, forMs: 0 }

describe('The words of a drawing', () => {
  it('say what makes a handler run', () => {
    expect(startedBy({ ...handler, method: 'GET', path: '/a' }, none)).toBe('GET /a')
    expect(startedBy({ ...handler, when: { everyMs: 60_000 } }, none)).toBe('every minute')
    expect(startedBy({ ...handler, when: { everyMs: 5_400_000 } }, none)).toBe('every 90 minutes')
    expect(startedBy({ ...handler, when: { cron: '0 3 * * *', zone: 'UTC' } }, none)).toBe('0 3 * * * UTC')
    const created = { kind: 'delivers', from: 'bucket:videos', to: handler.id, right: 'created' } as const
    expect(startedBy(handler, { arrows: [created] })).toBe('new files in videos')
  })

  it('say the condition of an alarm in its units', () => {
    expect(condition(alarm)).toBe('dead letters above 0')
    expect(condition({ ...alarm, measure: 'items', above: 10_000_000 })).toBe('items above 10,000,000')
    expect(condition({ ...alarm, measure: 'error-share', above: 0.05 })).toBe('failures above 5 %')
    expect(condition({ ...alarm, measure: 'view-lag-ms', above: 10_000, forMs: 300_000 })).toBe(
      'behind by 10 seconds for 5 minutes',
    )
  })

  it('are escaped for XML', () => {
    expect(xml(`<a href="b">&'`)).toBe('&lt;a href=&quot;b&quot;&gt;&amp;&#39;')
  })
})
