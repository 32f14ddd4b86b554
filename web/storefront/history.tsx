/** What happened to an order, step by step, the first at the top. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { Moment } from '../look/moment.tsx'
import type { OrderEvent } from './shapes.ts'
import { StateMark } from './state-mark.tsx'

export interface HistoryProps {
  readonly events: readonly OrderEvent[]
  /** Operations see who did it. */
  readonly names?: boolean
}

const step = {
  position: 'relative',
  pl: 2.5,
  pb: 2,
  ml: 0.5,
  borderLeft: '2px solid',
  borderColor: 'divider',
  '&:last-of-type': { pb: 0, borderColor: 'transparent' },
}

export function History({ events, names = false }: HistoryProps) {
  return (
    <Box component="ol" aria-label="What happened" sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {events.map(event => (
        <Box component="li" key={event.seq} sx={step}>
          <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 2, justifyContent: 'space-between' }}>
            <StateMark state={event.type} />
            <Typography component="span" variant="body2" sx={{ color: 'text.secondary' }}>
              <Moment at={event.at} />
            </Typography>
          </Box>
          <Typography variant="body2" sx={{ color: 'text.secondary', overflowWrap: 'anywhere' }}>
            {[detailOf(event), names ? `by ${event.by}` : ''].filter(Boolean).join(' · ')}
          </Typography>
        </Box>
      ))}
    </Box>
  )
}

function detailOf(event: OrderEvent): string {
  switch (event.type) {
    case 'placed':
      return event.lines.length === 1 ? 'One product' : `${event.lines.length} products`
    case 'paid':
      return `Reference ${event.reference}`
    case 'fulfilled':
      return event.tracking === undefined ? '' : `Tracking ${event.tracking}`
    case 'refunded':
      return `${event.reason}${event.returned ? ', goods returned' : ''}`
    default:
      return event.reason
  }
}
