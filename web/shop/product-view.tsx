/** A product with its picture, what is said of it, and the way into the basket. */
import Box from '@mui/material/Box'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { TextLink } from '../look/links.tsx'
import { Money } from '../look/money.tsx'
import { Picture } from '../storefront/picture.tsx'
import type { CatalogueEntry } from '../storefront/shapes.ts'
import { addressOf, categoryName } from './browsing.ts'
import { PutIn } from './put-in.tsx'

const halves = {
  display: 'grid',
  gridTemplateColumns: { xs: '1fr', md: '7fr 5fr' },
  gap: { xs: 2.5, md: 5 },
  alignItems: 'start',
}

export function ProductView(entry: CatalogueEntry) {
  const { name, description, category, price, picture, available } = entry
  return (
    <Box component="article" aria-labelledby="product-name" sx={halves}>
      <Card>
        <Picture name={name} picture={picture} main />
      </Card>
      <Box>
        <Typography variant="body2">
          <TextLink href={addressOf({ category })}>{categoryName(category)}</TextLink>
        </Typography>
        <Typography id="product-name" variant="h1" sx={{ mt: 0.5, mb: 1.5 }}>
          {name}
        </Typography>
        <Typography component="p" sx={{ fontSize: '1.375rem', fontWeight: 640 }}>
          <Money {...price} />
        </Typography>
        <Typography variant="body2" sx={{ color: available ? 'success.main' : 'text.secondary', mb: 2.5 }}>
          {available ? 'In stock' : 'Sold out'}
        </Typography>
        <Typography sx={{ mb: 3.5, maxWidth: '52ch', whiteSpace: 'pre-line' }}>{description}</Typography>
        <PutIn {...entry} />
      </Box>
    </Box>
  )
}
