/** A product in the catalogue: all of the card leads to its page. */
import Box from '@mui/material/Box'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { TextLink } from '../look/links.tsx'
import { Money } from '../look/money.tsx'
import { Picture } from '../storefront/picture.tsx'
import type { CatalogueEntry } from '../storefront/shapes.ts'

const whole = {
  fontWeight: 620,
  '&::after': { content: '""', position: 'absolute', inset: 0 },
  '&:focus-visible::after': {
    outline: '3px solid var(--mui-palette-secondary-main)',
    outlineOffset: -3,
    borderRadius: 14,
  },
}

const card = {
  position: 'relative',
  display: 'flex',
  flexDirection: 'column',
  transition: 'border-color 120ms',
  '&:hover': { borderColor: 'primary.main' },
}

export interface ProductCardProps extends CatalogueEntry {
  /** It is among the first: its picture is seen at once. */
  readonly soon: boolean
}

export function ProductCard({ productId, name, category, price, picture, available, soon }: ProductCardProps) {
  return (
    <Card component="li" sx={card}>
      <Box sx={available ? {} : { opacity: 0.55 }}>
        <Picture name={name} picture={picture} soon={soon} />
      </Box>
      <Box sx={{ p: 2, display: 'flex', flexDirection: 'column', gap: 0.25, flexGrow: 1 }}>
        <TextLink href={`/shop/products/${productId}`} prefetch={false} color="inherit" underline="none" sx={whole}>
          {name}
        </TextLink>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {category.replaceAll('-', ' ')}
        </Typography>
        <Typography component="p" sx={{ display: 'flex', justifyContent: 'space-between', mt: 'auto', pt: 1 }}>
          <Money {...price} />
          {!available && (
            <Box component="span" sx={{ color: 'text.secondary' }}>
              Sold out
            </Box>
          )}
        </Typography>
      </Box>
    </Card>
  )
}
