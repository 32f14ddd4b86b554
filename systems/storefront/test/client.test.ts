/** The routes that pages are given are those of the plan. */
import { accountsRoutes } from '@groundplan/accounts/client'
import { routesOf } from 'groundplan/client'
import { expect, it } from 'vitest'
import { customerRoutes, opsRoutes } from '../client.ts'
import storefront from '../plan.ts'

it('S3: the customers’ pages are given the routes of their gateway, all of them and no others', () => {
  expect(customerRoutes).toEqual(routesOf(storefront.gateways.customer))
})

it('S4: the operations’ pages are given the routes of their gateway, all of them and no others', () => {
  expect(opsRoutes).toEqual(routesOf(storefront.gateways.ops))
})

it('S2: all pages are given the routes of the accounts, all of them and no others', () => {
  expect(accountsRoutes).toEqual(routesOf(storefront.gateways.accounts))
})
