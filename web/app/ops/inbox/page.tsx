/** What operations were told. */
import type { Metadata } from 'next'
import { InboxView } from '../../../ops/inbox-view.tsx'

export const metadata: Metadata = { title: 'Inbox' }

export default function InboxPage() {
  return <InboxView />
}
