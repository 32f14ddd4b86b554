/** A few figures side by side, each leading to what is behind it. */
import Box from '@mui/material/Box'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { TextLink } from '../look/links.tsx'

export interface Tile {
  readonly name: string
  readonly value: string
  readonly href: string
  readonly isBad?: boolean
}

const whole = { color: 'text.secondary', '&::after': { content: '""', position: 'absolute', inset: 0 } }

const grid = {
  display: 'grid',
  gridTemplateColumns: { xs: 'repeat(2, 1fr)', sm: 'repeat(3, 1fr)', lg: 'repeat(6, 1fr)' },
  gap: { xs: 1.5, sm: 2.5 },
  listStyle: 'none',
  m: 0,
  p: 0,
}

export function Tiles({ tiles }: { readonly tiles: readonly Tile[] }) {
  return (
    <Box component="ul" aria-label="Figures" sx={grid}>
      {tiles.map(({ name, value, href, isBad = false }) => (
        <Card
          component="li"
          key={name}
          sx={{ position: 'relative', p: 2, ...(isBad ? { borderColor: 'error.main' } : {}) }}
        >
          <TextLink href={href} variant="body2" underline="none" sx={whole}>
            {name}
          </TextLink>
          <Typography
            component="p"
            sx={{
              fontSize: '1.375rem',
              fontWeight: 650,
              letterSpacing: '-0.02em',
              fontVariantNumeric: 'tabular-nums',
              overflowWrap: 'anywhere',
              color: isBad ? 'error.main' : 'text.primary',
            }}
          >
            {value}
          </Typography>
        </Card>
      ))}
    </Box>
  )
}
