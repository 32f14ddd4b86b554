'use client'
/** How many, and the button that puts them into the basket; what is in it already is said. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { useState } from 'react'
import { Field } from '../look/field.tsx'
import { TextLink } from '../look/links.tsx'
import type { CatalogueEntry } from '../storefront/shapes.ts'
import { mostLines, mostOfOne, put } from './basket.ts'
import { useShop, useShopDispatch } from './store.tsx'

export function PutIn({ productId, name, price, picture, available }: CatalogueEntry) {
  const dispatch = useShopDispatch()
  const [typed, setTyped] = useState('1')
  const { loaded, lines } = useShop(({ basket }) => basket)
  const inside = lines.find(line => line.productId === productId)?.quantity ?? 0
  const quantity = Math.max(1, Math.min(Number.parseInt(typed, 10) || 1, mostOfOne))
  const isFull = inside === 0 ? lines.length >= mostLines : inside >= mostOfOne
  return (
    <>
      <Box sx={{ display: 'flex', gap: 1.5, alignItems: 'flex-end' }}>
        <Field
          label="How many"
          type="number"
          value={typed}
          inputProps={{ min: 1, max: mostOfOne, inputMode: 'numeric' }}
          onChange={({ target }) => setTyped(target.value)}
          sx={{ width: 96, bgcolor: 'background.paper' }}
        />
        <Button
          variant="contained"
          disabled={!loaded || !available || isFull}
          onClick={() => dispatch(put({ productId, name, price, picture, quantity }))}
          sx={{ minHeight: 40, px: 3 }}
        >
          {available ? 'Put in the basket' : 'Sold out'}
        </Button>
      </Box>
      <Typography role="status" variant="body2" sx={{ mt: 1.5, minHeight: '1.5em' }}>
        {inside > 0 && (
          <>
            {inside} in your <TextLink href="/shop/basket">basket</TextLink>
          </>
        )}
        {isFull && ' – it holds no more of them'}
      </Typography>
    </>
  )
}
