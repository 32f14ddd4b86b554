/** The customers' gateway, as the front's server asks it for who is not signed in. */
import 'server-only'
import { type CustomerClient, customerClient } from '@systems/storefront/client'
import { gatewayUrls } from '../storefront/addresses.ts'
import { systemsAddress } from './environment.ts'

export function shop(): CustomerClient {
  return customerClient(systemsAddress() + gatewayUrls.customer, { tries: 2, timeout: '3 seconds' })
}
