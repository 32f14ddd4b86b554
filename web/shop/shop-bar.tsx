'use client'
import { Who } from '../accounts/who.tsx'
/** The ways of the shop. */
import { Bar } from '../look/bar.tsx'
import { unitsIn } from './basket.ts'
import { useShop } from './store.tsx'

export function ShopBar() {
  const units = useShop(({ basket }) => unitsIn(basket))
  const ways = [
    { href: '/shop', label: 'Products', exact: true },
    { href: '/shop/basket', label: 'Basket', count: units },
    { href: '/shop/orders', label: 'My orders' },
  ]
  return (
    <Bar label="Shop" ways={ways}>
      <Who home="/shop" />
    </Bar>
  )
}
