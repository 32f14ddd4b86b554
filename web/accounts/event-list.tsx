'use client'
/** What happened, the latest first: what, when, from where; with names where it is about several people. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { TextLink } from '../look/links.tsx'
import { Moment } from '../look/moment.tsx'
import { agentWords } from './agent.ts'
import { eventWords } from './event-words.ts'
import { list, quiet } from './list-look.ts'
import { useAccounts } from './place.tsx'
import type { TrailEvent } from './shapes.ts'

const columns = {
  ...{ display: 'grid', columnGap: 2, rowGap: 0.25, py: 1.25 },
  gridTemplateColumns: { xs: '1fr', sm: '10rem minmax(0, 3fr) minmax(0, 2fr)' },
  ...{ borderTop: '1px solid', borderColor: 'divider', '&:first-of-type': { borderTop: 0 } },
} as const

export interface EventListProps {
  readonly events: readonly TrailEvent[]
  /** Whether it says of whom each tells. */
  readonly names?: boolean
}

export function EventList({ events, names = false }: EventListProps) {
  return (
    <Box component="ol" aria-label="What happened" sx={list}>
      {events.map(event => (
        <Box component="li" key={event.eventId} data-kind={event.kind} sx={columns}>
          <Typography component="span" variant="body2" sx={quiet}>
            <Moment at={event.at} />
          </Typography>
          <Box sx={{ minWidth: 0 }}>
            <Typography component="span" variant="h3">
              {eventWords[event.kind]}
            </Typography>
            {event.detail !== undefined && (
              <Typography component="span" variant="body2" sx={quiet}>
                {' '}
                {event.detail}
              </Typography>
            )}
            <Persons event={event} names={names} />
          </Box>
          <Typography component="span" variant="body2" sx={quiet}>
            {event.address}
            {event.agent !== undefined && ` · ${agentWords(event.agent)}`}
          </Typography>
        </Box>
      ))}
    </Box>
  )
}

function Persons({ event, names }: { readonly event: TrailEvent; readonly names: boolean }) {
  const { pages } = useAccounts()
  const { userId, name, email, by, byName } = event
  const byOther = by !== undefined && by !== userId
  if (!byOther && !(names && userId !== undefined)) return null
  return (
    <Typography variant="body2" sx={quiet}>
      {names && userId !== undefined && (
        <TextLink href={`${pages.people}/${userId}`} prefetch={false} color="inherit">
          {name ?? userId}
        </TextLink>
      )}
      {names && email !== undefined && ` ${email}`}
      {byOther && `${names ? ', ' : ''}by ${byName ?? 'who manages the people here'}`}
    </Typography>
  )
}
