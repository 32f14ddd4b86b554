/** One product, as operations see it. */
import type { Metadata } from 'next'
import { ProductDesk } from '../../../../ops/product-desk.tsx'

export const metadata: Metadata = { title: 'Product' }

export default async function ProductPage({ params }: { readonly params: Promise<{ readonly productId: string }> }) {
  return <ProductDesk productId={(await params).productId} />
}
