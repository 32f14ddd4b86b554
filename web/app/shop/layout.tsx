/** Around all pages of the shop: its ways, the basket, who is signed in. */
import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { Storefront } from '../../server/storefront.tsx'
import { ShopBar } from '../../shop/shop-bar.tsx'
import { ShopProvider } from '../../shop/store.tsx'

export const metadata: Metadata = { title: { default: 'Shop', template: '%s · Shop' } }

export default function ShopLayout({ children }: { readonly children: ReactNode }) {
  return (
    <Storefront>
      <ShopProvider>
        <ShopBar />
        {children}
      </ShopProvider>
    </Storefront>
  )
}
