'use client'
/** One product as operations see it: what is said of it, its stock, what came and went, what was changed. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useCallback, useState } from 'react'
import { Answered } from '../accounts/answered.tsx'
import { useAsked, valueIn } from '../asking/asking.ts'
import { Confirm } from '../look/confirm.tsx'
import { TextLink } from '../look/links.tsx'
import { Moment } from '../look/moment.tsx'
import { Money } from '../look/money.tsx'
import { ops } from '../storefront/clients.ts'
import { Picture } from '../storefront/picture.tsx'
import type { Movement, Product, ProductEvent } from '../storefront/shapes.ts'
import { ProductForm } from './product-form.tsx'
import { StockForm } from './stock-form.tsx'
import { UpdateMark } from './update-mark.tsx'
import { useUpdate } from './use-update.ts'

interface Told {
  readonly product: Product
  readonly events: readonly ProductEvent[]
  readonly movements: readonly Movement[]
}

export function ProductDesk({ productId }: { readonly productId: string }) {
  const ask = useCallback(async (): Promise<Told> => {
    const params = { productId }
    const query = { limit: 10 }
    const [product, { events }, { items }] = await Promise.all([
      valueIn(ops.product({ params })),
      valueIn(ops.productHistory({ params, query })),
      valueIn(ops.movements({ params, query })),
    ])
    return { product, events, movements: items }
  }, [productId])
  const asked = useAsked(ask)
  return (
    <Answered asked={asked} what="The product">
      {told => <Desk {...told} changed={asked.again} />}
    </Answered>
  )
}

const sides = {
  display: 'grid',
  gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'minmax(0, 1fr) 340px' },
  gap: { xs: 4, md: 5 },
  alignItems: 'start',
}

function Desk({ product, events, movements, changed }: Told & { changed(): void }) {
  const { name, productId, price, stock, retired, edition, picture } = product
  return (
    <>
      <Typography variant="body2">
        <TextLink href="/ops/products">Products</TextLink>
      </Typography>
      <Typography variant="h1" sx={{ mt: 0.5 }}>
        {name}
      </Typography>
      <Typography sx={{ color: 'text.secondary', mb: 3 }}>
        <Money {...price} />, {stock} in stock{retired ? ', retired' : ''}
      </Typography>
      <Box sx={sides}>
        <Box>
          <ProductForm key={edition} product={product} applied={changed} />
          <Box sx={{ mt: 4 }}>
            <Retire product={product} changed={changed} />
          </Box>
        </Box>
        <Box sx={{ display: 'flex', flexDirection: 'column', gap: 4 }}>
          <Card>
            <Picture name={name} picture={picture} main />
          </Card>
          <StockForm productId={productId} changed={changed} />
          <Movements movements={movements} />
          <Changes events={events} />
        </Box>
      </Box>
    </>
  )
}

function Retire({ product, changed }: { readonly product: Product; changed(): void }) {
  const { productId, name, retired } = product
  const [isAsking, setAsking] = useState(false)
  const { step, ask } = useUpdate(changed)
  const does = retired ? 'Sell it again' : 'Retire the product'
  return (
    <>
      <Button
        variant="outlined"
        color={retired ? 'primary' : 'error'}
        loading={step.kind === 'asking' || step.kind === 'pending'}
        onClick={() => setAsking(true)}
        sx={{ mb: 1 }}
      >
        {does}…
      </Button>
      <UpdateMark step={step} />
      <Confirm
        open={isAsking}
        title={`${does}?`}
        does={does}
        keep="Back"
        onConfirm={() => {
          setAsking(false)
          void ask(productId, { retired: !retired })
        }}
        onCancel={() => setAsking(false)}
      >
        {retired
          ? `${name} is in the catalogue again, with the stock that is left of it.`
          : `${name} leaves the catalogue. Orders that have it stay as they are.`}
      </Confirm>
    </>
  )
}

const reasons: Readonly<Record<Movement['reason'], string>> = {
  arrived: 'arrived',
  corrected: 'corrected',
  ordered: 'ordered',
  'given-back': 'given back',
}

const row = {
  display: 'flex',
  justifyContent: 'space-between',
  columnGap: 2,
  py: 0.75,
  borderTop: '1px solid',
  borderColor: 'divider',
  '&:first-of-type': { borderTop: 0 },
}

function Movements({ movements }: { readonly movements: readonly Movement[] }) {
  return (
    <Box component="section" aria-labelledby="movements">
      <Typography id="movements" variant="h3" component="h2" sx={{ mb: 0.5 }}>
        What came and went
      </Typography>
      <Box component="ol" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {movements.map(({ movementId, units, reason, at, orderId }) => (
          <Typography key={movementId} component="li" variant="body2" sx={row}>
            <span>
              {units > 0 ? `+${units}` : units}{' '}
              {orderId === undefined ? (
                reasons[reason]
              ) : (
                <TextLink href={`/ops/orders/${orderId}`} prefetch={false} color="inherit">
                  {reasons[reason]}
                </TextLink>
              )}
            </span>
            <Box component="span" sx={{ color: 'text.secondary' }}>
              <Moment at={at} />
            </Box>
          </Typography>
        ))}
      </Box>
    </Box>
  )
}

function Changes({ events }: { readonly events: readonly ProductEvent[] }) {
  return (
    <Box component="section" aria-labelledby="changes">
      <Typography id="changes" variant="h3" component="h2" sx={{ mb: 0.5 }}>
        What was changed
      </Typography>
      <Box component="ol" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {events.map(({ edition, type, changes, by, at }) => (
          <Typography key={edition} component="li" variant="body2" sx={row}>
            <span>
              {type === 'changed' ? `${Object.keys(changes).join(', ')} changed` : type} by {by}
            </span>
            <Box component="span" sx={{ color: 'text.secondary' }}>
              <Moment at={at} />
            </Box>
          </Typography>
        ))}
      </Box>
    </Box>
  )
}
