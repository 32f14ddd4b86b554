/** My orders. */
import type { Metadata } from 'next'
import { MyOrders } from '../../../shop/my-orders.tsx'

export const metadata: Metadata = { title: 'My orders' }

export default function MyOrdersPage() {
  return <MyOrders />
}
