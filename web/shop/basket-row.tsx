'use client'
/** One product in the basket: how many of it, what they come to, and the way out. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { Field } from '../look/field.tsx'
import { TextLink } from '../look/links.tsx'
import { Money } from '../look/money.tsx'
import { Picture } from '../storefront/picture.tsx'
import { type BasketLine, counted, mostOfOne, taken } from './basket.ts'
import type { Standing } from './basket-view.tsx'
import { useShopDispatch } from './store.tsx'

const row = {
  display: 'grid',
  gridTemplateColumns: { xs: '72px 1fr', sm: '96px 1fr auto auto' },
  columnGap: 2,
  rowGap: 1,
  alignItems: 'center',
  p: 2,
  borderTop: '1px solid',
  borderColor: 'divider',
  '&:first-of-type': { borderTop: 0 },
}

const standingTexts = { 'sold-out': 'Sold out', gone: 'No longer sold' } as const

export interface BasketRowProps {
  readonly line: BasketLine
  readonly standing: Standing | undefined
  /** While an order is sent, nothing changes. */
  readonly fixed: boolean
}

export function BasketRow({ line, standing = 'there', fixed }: BasketRowProps) {
  const { productId, name, price, picture, quantity } = line
  const dispatch = useShopDispatch()
  return (
    <Box component="li" sx={row}>
      <Box sx={{ borderRadius: 1, overflow: 'hidden' }}>
        <Picture name={name} picture={picture} />
      </Box>
      <Box>
        <TextLink href={`/shop/products/${productId}`} color="inherit">
          {name}
        </TextLink>
        <Typography variant="body2" sx={{ color: standing === 'there' ? 'text.secondary' : 'error.main' }}>
          {standing === 'there' ? (
            <>
              <Money {...price} /> each
            </>
          ) : (
            standingTexts[standing]
          )}
        </Typography>
        <Button
          size="small"
          disabled={fixed}
          aria-label={`Take out ${name}`}
          onClick={() => dispatch(taken(productId))}
          sx={{ ml: -0.75, mt: 0.25, minWidth: 0 }}
        >
          Take out
        </Button>
      </Box>
      <Box sx={{ gridColumn: { xs: 2, sm: 'auto' } }}>
        <Field
          label="How many"
          type="number"
          disabled={fixed}
          value={quantity}
          inputProps={{ min: 1, max: mostOfOne, inputMode: 'numeric', 'aria-label': `How many of ${name}` }}
          onChange={({ target }) => dispatch(counted({ productId, quantity: Number(target.value) }))}
          sx={{ width: 88 }}
        />
      </Box>
      <Typography component="p" sx={{ gridColumn: { xs: 2, sm: 'auto' }, minWidth: 96, textAlign: { sm: 'right' } }}>
        <Money amount={price.amount * quantity} currency={price.currency} />
      </Typography>
    </Box>
  )
}
