/** One order, as operations see it. */
import type { Metadata } from 'next'
import { OrderDesk } from '../../../../ops/order-desk.tsx'

export const metadata: Metadata = { title: 'Order' }

export default async function OrderPage({ params }: { readonly params: Promise<{ readonly orderId: string }> }) {
  return <OrderDesk orderId={(await params).orderId} />
}
