/**
 * The storefront with its throttle lifted; everything else is the system's own, with all that follows an order: inbox,
 * mail, figures, views.
 */
import { gateway, plan } from 'groundplan'
import { people } from '../../systems/storefront/callers.ts'
import { customerBff } from '../../systems/storefront/customer-bff/service.ts'
import { opsBff } from '../../systems/storefront/ops-bff/service.ts'

export default plan('storefront', {
  gateways: {
    customer: gateway(customerBff, { throttle: { rate: 1_000_000, burst: 1_000_000 } }),
    ops: gateway(opsBff),
    accounts: people.gateway,
  },
})
