/** Somebody, for whoever manages people. */
import type { Metadata } from 'next'
import { PersonView } from '../../../../../accounts/person-view.tsx'

export const metadata: Metadata = { title: 'Person' }

interface PersonPageProps {
  readonly params: Promise<{ readonly userId: string }>
}

export default async function PersonPage({ params }: PersonPageProps) {
  return <PersonView userId={(await params).userId} />
}
