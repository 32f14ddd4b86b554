'use client'
import { Who } from '../accounts/who.tsx'
/** The ways of operations. */
import { Bar } from '../look/bar.tsx'

const ways = [
  { href: '/ops', label: 'Dashboard', exact: true },
  { href: '/ops/orders', label: 'Orders' },
  { href: '/ops/products', label: 'Products' },
  { href: '/ops/updates', label: 'Updates' },
  { href: '/ops/inbox', label: 'Inbox' },
]

export function OpsBar() {
  return (
    <Bar label="Operations" ways={ways}>
      <Who home="/ops" />
    </Bar>
  )
}
