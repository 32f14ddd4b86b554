'use client'
/** What is in the basket, as the shop has it now, and the checkout. */
import Box from '@mui/material/Box'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useEffect, useState } from 'react'
import { Busy } from '../look/busy.tsx'
import { Empty } from '../look/empty.tsx'
import { TextLink } from '../look/links.tsx'
import { customer } from '../storefront/clients.ts'
import { refreshed } from './basket.ts'
import { BasketRow } from './basket-row.tsx'
import { Checkout } from './checkout.tsx'
import { useShop, useShopDispatch } from './store.tsx'

const sides = {
  display: 'grid',
  gridTemplateColumns: { xs: '1fr', md: '1fr 340px' },
  gap: { xs: 3, md: 5 },
  alignItems: 'start',
}

/** Whether the shop can give it; undefined until it has said so. */
export type Standing = 'there' | 'sold-out' | 'gone'

export function BasketView() {
  const { loaded, lines, sending } = useShop(({ basket }) => basket)
  const standings = useStandings()
  return (
    <>
      <Typography variant="h1" sx={{ mb: 2.5 }}>
        Basket
      </Typography>
      {!loaded && <Busy label="The basket" />}
      {loaded && lines.length === 0 && !sending && (
        <Empty title="Nothing in it yet">
          Look through the <TextLink href="/shop">products</TextLink>.
        </Empty>
      )}
      {loaded && (lines.length > 0 || sending) && (
        <Box sx={sides}>
          <Card component="ul" aria-label="In the basket" sx={{ m: 0, p: 0, listStyle: 'none' }}>
            {lines.map(line => (
              <BasketRow key={line.productId} line={line} standing={standings[line.productId]} fixed={!!sending} />
            ))}
          </Card>
          <Checkout />
        </Box>
      )}
    </>
  )
}

/** Asks the shop once for each product in the basket: prices change, and things sell out. */
function useStandings(): Readonly<Record<string, Standing>> {
  const dispatch = useShopDispatch()
  const ids = useShop(({ basket }) => basket.lines.map(({ productId }) => productId).join(' '))
  const [standings, setStandings] = useState<Readonly<Record<string, Standing>>>({})
  useEffect(() => {
    let isOpen = true
    const tell = (productId: string, standing: Standing): void => {
      if (isOpen) setStandings(before => ({ ...before, [productId]: standing }))
    }
    const look = async (productId: string): Promise<void> => {
      const reply = await customer.product({ params: { productId } }).catch(() => undefined)
      if (!isOpen || !reply) return
      if (!reply.ok) return tell(productId, 'gone')
      dispatch(refreshed(reply.value))
      tell(productId, reply.value.available ? 'there' : 'sold-out')
    }
    for (const id of ids.split(' ').filter(Boolean)) void look(id)
    return () => {
      isOpen = false
    }
  }, [ids, dispatch])
  return standings
}
