/**
 * storefront: a shop with a customer side and an operations side.
 *
 *   portal → customer-bff → backend
 *   ops portal → ops-bff → backend
 *   both portals → accounts
 */
import { alarm, deadLetters, gateway, lag, plan, site } from 'groundplan'
import { catalogue } from './backend/catalogue.ts'
import { people } from './callers.ts'
import { customerBff } from './customer-bff/service.ts'
import { opsBff } from './ops-bff/service.ts'
import { operationsMail, productUpdates } from './resources.ts'

export default plan('storefront', {
  gateways: {
    customer: gateway(customerBff, {
      title: 'Storefront: customers',
      throttle: { rate: 200, burst: 400 },
      cors: { origins: ['https://shop.example.org'], credentials: true },
      maxBody: '64 KB',
    }),
    ops: gateway(opsBff, {
      title: 'Storefront: operations',
      throttle: { rate: 50, burst: 100 },
      cors: { origins: ['https://ops.shop.example.org'], credentials: true },
      maxBody: '256 KB',
    }),
    accounts: people.gateway,
  },
  sites: [site('portal', { path: '/shop' }), site('ops-portal', { path: '/ops' })],
  alarms: [
    alarm('updates-stuck', { when: deadLetters(productUpdates).above(0), tell: operationsMail }),
    alarm('catalogue-behind', { when: lag(catalogue).above('10 seconds'), for: '5 minutes', tell: operationsMail }),
  ],
})
