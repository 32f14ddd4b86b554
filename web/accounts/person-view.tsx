'use client'
/** Somebody, for whoever manages people: roles, where they are signed in, the lock, and what happened. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { useCallback } from 'react'
import { useAsked, valueIn } from '../asking/asking.ts'
import { TextLink } from '../look/links.tsx'
import { Moment } from '../look/moment.tsx'
import { Answered } from './answered.tsx'
import { EventList } from './event-list.tsx'
import { quiet } from './list-look.ts'
import { Paged } from './paged.tsx'
import { PersonMarks } from './person-marks.tsx'
import { LockSection, RolesSection, TheirSessions } from './person-sections.tsx'
import { useAccounts } from './place.tsx'
import { Section } from './section.tsx'
import type { OnePerson, TrailEvent } from './shapes.ts'
import { Signed } from './signed.tsx'

export function PersonView({ userId }: { readonly userId: string }) {
  return (
    <Signed title="Person" may="people">
      {me => <Somebody userId={userId} isMe={me.userId === userId} />}
    </Signed>
  )
}

interface SomebodyProps {
  readonly userId: string
  readonly isMe: boolean
}

function Somebody({ userId, isMe }: SomebodyProps) {
  const { accounts } = useAccounts()
  const ask = useCallback(() => valueIn(accounts.person({ params: { userId } })), [accounts, userId])
  const asked = useAsked<OnePerson>(ask)
  return (
    <Answered asked={asked} what="This person">
      {({ person, sessions }) => (
        <>
          <Box>
            <Typography variant="h2" sx={{ overflowWrap: 'anywhere' }}>
              {person.name}
              {isMe && ' (you)'}
            </Typography>
            <Typography variant="body2" sx={{ ...quiet, mb: 1 }}>
              {person.email} · since <Moment at={person.since} /> ·{' '}
              {person.secondFactor ? 'with a second factor' : 'without a second factor'}
            </Typography>
            <PersonMarks person={person} />
          </Box>
          <RolesSection key={person.roles.join()} {...{ person, isMe }} changed={asked.again} />
          <TheirSessions {...{ person, sessions }} changed={asked.again} />
          {!isMe && <LockSection person={person} changed={asked.again} />}
          <TheirEvents key={`${person.locked} ${person.roles} ${sessions.length}`} userId={userId} />
        </>
      )}
    </Answered>
  )
}

function TheirEvents({ userId }: { readonly userId: string }) {
  const { accounts, pages } = useAccounts()
  const load = useCallback(
    (after: string | undefined) =>
      valueIn(accounts.auditTrail({ query: { person: userId, ...(after !== undefined && { after }) } })),
    [accounts, userId],
  )
  return (
    <Section title="What happened">
      <Paged<TrailEvent>
        load={load}
        what="What happened"
        more="Earlier ones"
        none={<Typography variant="body2">Nothing yet.</Typography>}
      >
        {events => <EventList events={events} />}
      </Paged>
      <Typography variant="body2">
        <TextLink href={`${pages.audit}?person=${encodeURIComponent(userId)}`}>In the audit trail</TextLink>
      </Typography>
    </Section>
  )
}
