/** All products, as operations see them. */
import type { Metadata } from 'next'
import { ProductsView } from '../../../ops/products-view.tsx'

export const metadata: Metadata = { title: 'Products' }

export default function ProductsPage() {
  return <ProductsView />
}
