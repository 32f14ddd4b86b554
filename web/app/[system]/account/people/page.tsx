/** The people of a system, for whoever manages them. */
import type { Metadata } from 'next'
import { PeopleView } from '../../../../accounts/people-view.tsx'

export const metadata: Metadata = { title: 'People' }

export default function PeoplePage() {
  return <PeopleView />
}
