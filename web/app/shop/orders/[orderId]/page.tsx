/** One of my orders. */
import type { Metadata } from 'next'
import { MyOrder } from '../../../../shop/my-order.tsx'

export const metadata: Metadata = { title: 'Order' }

export default async function MyOrderPage({ params }: { readonly params: Promise<{ readonly orderId: string }> }) {
  return <MyOrder orderId={(await params).orderId} />
}
