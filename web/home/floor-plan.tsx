/**
 * What runs here, drawn as what the project is named after: each system is a room, the corridor between them is the one
 * port they share. The door of a system that runs is open.
 */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import type { KnownSystem } from '../server/systems.ts'
import { rooms } from './catalogue.ts'
import { Room, type RoomProps } from './room.tsx'

/** Walls and lines: the gaps of the grid, through which its ink shows. */
const house = {
  display: 'grid',
  gap: '3px',
  p: '3px',
  bgcolor: 'var(--wall)',
  borderRadius: '4px',
  gridTemplateColumns: { xs: '1fr', md: 'repeat(12, 1fr)' },
}

const above = 2
const wide = [5, 7, 4, 4, 4]

export function FloorPlan({ systems }: { readonly systems: readonly KnownSystem[] }) {
  const all = systems.map((system, at) => roomOf(system, at))
  const running = systems.filter(system => system.running).length
  return (
    <Box sx={house}>
      <Corridor running={running} all={systems.length} />
      {all.slice(0, above).map(room => (
        <Room key={room.name} {...room} door="below" />
      ))}
      {all.slice(above).map(room => (
        <Room key={room.name} {...room} door="above" />
      ))}
    </Box>
  )
}

function roomOf({ name, title, running, gateways }: KnownSystem, at: number): Omit<RoomProps, 'door'> {
  const known = rooms.find(room => room.name === name)
  return {
    name,
    number: at + 1,
    about: known?.about ?? title ?? '',
    pages: known?.pages ?? [],
    running,
    gateways,
    columns: wide[at] ?? 4,
  }
}

function Corridor({ running, all }: { readonly running: number; readonly all: number }) {
  return (
    <Box
      sx={{
        gridColumn: '1 / -1',
        gridRow: { md: 2 },
        bgcolor: 'background.default',
        px: { xs: 2, sm: 3 },
        py: 2,
      }}
    >
      <Typography variant="body2" sx={{ display: 'flex', flexWrap: 'wrap', justifyContent: 'space-between', gap: 1 }}>
        <strong>
          {running} of {all} systems {running === 1 ? 'runs' : 'run'} here
        </strong>
        <Box component="span" sx={{ color: 'text.secondary' }}>
          One process, one port
        </Box>
      </Typography>
    </Box>
  )
}
