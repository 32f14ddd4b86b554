'use client'
/** What happened to my account, and from where: whoever reads something here that they did not do knows what to do. */
import Typography from '@mui/material/Typography'
import { useCallback } from 'react'
import { valueIn } from '../asking/asking.ts'
import { EventList } from './event-list.tsx'
import { Paged } from './paged.tsx'
import { useAccounts } from './place.tsx'
import { Section } from './section.tsx'
import type { MyEvent } from './shapes.ts'

export function EventsSection() {
  const { accounts } = useAccounts()
  const load = useCallback(
    (after: string | undefined) => valueIn(accounts.events({ query: after === undefined ? {} : { after } })),
    [accounts],
  )
  return (
    <Section title="What happened">
      <Typography variant="body2">Is something here that you did not do? Change your password.</Typography>
      <Paged<MyEvent>
        load={load}
        what="What happened"
        more="Earlier ones"
        none={<Typography variant="body2">Nothing yet.</Typography>}
      >
        {events => <EventList events={events} />}
      </Paged>
    </Section>
  )
}
