/** Who may write what in storefront: read from the grants, which are all that a handler gets at run time too. */
import { graphOf } from 'groundplan/target'
import { describe, expect, it } from 'vitest'
import storefront from './storefront/plan.ts'

const { arrows, resources } = graphOf(storefront)

/** The services whose handlers have a grant on a table, and with which right. */
function holdersOf(table: string): readonly string[] {
  const holders = arrows
    .filter(({ kind, to }) => kind === 'grant' && to === `table:${table}`)
    .map(({ from, right }) => `${serviceOf(from)} ${right}`)
  return [...new Set(holders)].sort()
}

const serviceOf = (handler: string): string => handler.slice(handler.indexOf(':') + 1).split('/')[0] ?? ''

describe('S1: the source of truth', () => {
  it.each(['orders', 'products'])('of %s is a table that only the backend has a grant on', table => {
    expect(resources.table.map(({ name }) => name)).toContain(table)
    const holders = holdersOf(table)
    expect(holders.length).toBeGreaterThan(0)
    expect(holders.filter(holder => !holder.startsWith('backend '))).toEqual([])
  })

  it('is asked by the services behind the gateways, which have no table of the shop themselves', () => {
    for (const bff of ['customer-bff', 'ops-bff']) {
      const asked = arrows.filter(({ kind, from }) => kind === 'calls' && serviceOf(from) === bff)
      expect(asked.map(({ to }) => serviceOf(to))).toContain('backend')
      const granted = arrows.filter(({ kind, from }) => kind === 'grant' && serviceOf(from) === bff)
      expect(granted.filter(({ to }) => to.startsWith('table:'))).toEqual([])
    }
  })
})
