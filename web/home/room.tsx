/** One system: whether it runs, what it is for, and the ways in. */
import Box from '@mui/material/Box'
import Link from '@mui/material/Link'
import Stack from '@mui/material/Stack'
import Typography from '@mui/material/Typography'
import { LinkButton } from '../look/links.tsx'
import { mono } from '../look/theme.ts'
import type { RunningGateway } from '../server/systems.ts'
import type { Page } from './catalogue.ts'

export interface RoomProps {
  readonly name: string
  readonly number: number
  readonly about: string
  readonly pages: readonly Page[]
  readonly running: boolean
  readonly gateways: readonly RunningGateway[]
  /** Of twelve. */
  readonly columns: number
  /** In which wall its door is: the one to the corridor. */
  readonly door: 'above' | 'below'
}

const hatched = 'repeating-linear-gradient(135deg, var(--mui-palette-divider) 0 1px, transparent 1px 10px)'

export function Room(room: RoomProps) {
  const { name, number, about, running, columns, door } = room
  return (
    <Box
      component="section"
      aria-labelledby={`room-${name}`}
      sx={{
        position: 'relative',
        gridColumn: { xs: '1 / -1', md: `span ${columns}` },
        ...(door === 'below' ? { gridRow: { md: 1 } } : {}),
        display: 'flex',
        flexDirection: 'column',
        minHeight: { md: 236 },
        p: { xs: 2, sm: 3 },
        bgcolor: running ? 'background.paper' : 'background.default',
      }}
    >
      {!running && (
        <Box aria-hidden="true" sx={{ position: 'absolute', inset: 0, opacity: 0.55, background: hatched }} />
      )}
      <Door side={door} open={running} />
      <Box
        sx={{ position: 'relative', display: 'flex', flexDirection: 'column', flexGrow: 1, alignItems: 'flex-start' }}
      >
        <Typography variant="overline" component="p" sx={{ color: 'text.secondary' }}>
          {String(number).padStart(2, '0')} · {running ? 'running' : 'not started'}
        </Typography>
        <Typography id={`room-${name}`} variant="h2" sx={{ fontSize: '1.5rem', mb: 0.5 }}>
          {name}
        </Typography>
        <Typography sx={{ color: 'text.secondary', maxWidth: '36ch', mb: 2.5 }}>{about}</Typography>
        <Box sx={{ mt: 'auto' }}>{running ? <WaysIn {...room} /> : <HowToStart name={name} />}</Box>
      </Box>
    </Box>
  )
}

function WaysIn({ pages, gateways }: RoomProps) {
  return (
    <Stack direction="row" useFlexGap sx={{ flexWrap: 'wrap', alignItems: 'center', columnGap: 2.5, rowGap: 1.5 }}>
      {pages.map(({ label, href }) => (
        <LinkButton key={href} href={href} variant="contained">
          {label}
        </LinkButton>
      ))}
      {gateways.map(gateway => (
        // Not a page of this front: a document of its own.
        <Link key={gateway.name} href={gateway.docs}>
          {gateways.length === 1 ? 'API' : `${gateway.name} API`}
        </Link>
      ))}
    </Stack>
  )
}

function HowToStart({ name }: { readonly name: string }) {
  return (
    <Typography component="code" sx={{ fontFamily: mono, fontSize: '0.8125rem', color: 'text.secondary' }}>
      npm start -- {name}
    </Typography>
  )
}

const doorWidth = 46

/** A gap in the wall with its leaf and the way this swings; closed, the leaf lies in the gap. Not on a phone. */
function Door({ side, open }: { readonly side: 'above' | 'below'; readonly open: boolean }) {
  const wall = side === 'below' ? { bottom: -3 } : { top: -3 }
  const inside = side === 'below' ? { bottom: 0 } : { top: 0, transform: 'scaleY(-1)' }
  return (
    <Box aria-hidden="true" sx={{ display: { xs: 'none', md: 'block' } }}>
      <Box
        sx={{
          ...wall,
          ...{ position: 'absolute', zIndex: 1, right: 32, width: doorWidth, height: 3 },
          ...(open ? { bgcolor: 'background.default' } : { bgcolor: 'text.secondary' }),
        }}
      />
      {open && (
        <Box
          component="svg"
          viewBox="0 0 46 46"
          sx={{ ...inside, position: 'absolute', right: 32, width: doorWidth, height: doorWidth }}
        >
          <Box component="path" d="M45 46V1" sx={{ stroke: 'var(--wall)', strokeWidth: 2 }} />
          <Box
            component="path"
            d="M45 1A45 45 0 0 0 0 46"
            sx={{ fill: 'none', stroke: 'var(--mui-palette-secondary-main)', strokeWidth: 1.5 }}
          />
        </Box>
      )}
    </Box>
  )
}
