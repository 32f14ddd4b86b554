/** What became of updates of products. */
import type { Metadata } from 'next'
import { UpdatesView } from '../../../ops/updates-view.tsx'

export const metadata: Metadata = { title: 'Updates' }

export default function UpdatesPage() {
  return <UpdatesView />
}
