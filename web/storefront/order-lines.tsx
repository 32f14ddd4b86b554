/** The products of an order with their prices as they were, and what they come to. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { TextLink } from '../look/links.tsx'
import { Money } from '../look/money.tsx'
import type { Order } from './shapes.ts'

const row = {
  display: 'grid',
  gridTemplateColumns: '1fr auto',
  columnGap: 2,
  py: 1.25,
  borderBottom: '1px solid',
  borderColor: 'divider',
}

export interface OrderLinesProps {
  readonly order: Order
  /** Where a product's page is, without its id. */
  readonly products: string
}

export function OrderLines({ order: { lines, total }, products }: OrderLinesProps) {
  return (
    <Box>
      <Box component="ul" aria-label="Products of the order" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {lines.map(({ productId, productName, quantity, price, total: sum }) => (
          <Box component="li" key={productId} sx={row}>
            <Box>
              <TextLink href={`${products}/${productId}`} color="inherit">
                {productName}
              </TextLink>
              <Typography variant="body2" sx={{ color: 'text.secondary' }}>
                {quantity} × <Money {...price} />
              </Typography>
            </Box>
            <Money {...sum} />
          </Box>
        ))}
      </Box>
      <Typography component="p" sx={{ ...row, borderBottom: 0, fontWeight: 650, pt: 2 }}>
        <span>Total</span>
        <Money {...total} />
      </Typography>
    </Box>
  )
}
