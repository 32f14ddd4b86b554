/** The basket and the checkout: all of it is the browser's. */
import type { Metadata } from 'next'
import { BasketView } from '../../../shop/basket-view.tsx'

export const metadata: Metadata = { title: 'Basket' }

export default function BasketPage() {
  return <BasketView />
}
