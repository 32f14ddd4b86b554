/** The routes that pages are given are those of the plan. */
import { routesOf } from 'groundplan/client'
import { expect, it } from 'vitest'
import { routes } from '../client.ts'
import counter from '../plan.ts'

it('a page is given the routes of the plan, all of them and no others', () => {
  expect(routes).toEqual(routesOf(counter.gateways.api))
})
