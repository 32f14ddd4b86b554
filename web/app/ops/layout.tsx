/** Around all pages of operations: their ways, who is signed in, and the stream of what happens. */
import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { Gate } from '../../ops/gate.tsx'
import { OpsBar } from '../../ops/ops-bar.tsx'
import { OpsProvider } from '../../ops/store.tsx'
import { Storefront } from '../../server/storefront.tsx'

export const metadata: Metadata = { title: { default: 'Operations', template: '%s · Operations' } }

export default function OpsLayout({ children }: { readonly children: ReactNode }) {
  return (
    <Storefront>
      <OpsBar />
      <Gate>
        <OpsProvider>{children}</OpsProvider>
      </Gate>
    </Storefront>
  )
}
