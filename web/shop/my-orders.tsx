'use client'
/** All my orders, the newest first. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useCallback, useState } from 'react'
import { Answered } from '../accounts/answered.tsx'
import { useSession } from '../accounts/session.tsx'
import { SignInFirst } from '../accounts/sign-in-first.tsx'
import { useAsked, valueIn } from '../asking/asking.ts'
import { Busy } from '../look/busy.tsx'
import { Empty } from '../look/empty.tsx'
import { TextLink } from '../look/links.tsx'
import { Moment } from '../look/moment.tsx'
import { Money } from '../look/money.tsx'
import { customer } from '../storefront/clients.ts'
import type { Order } from '../storefront/shapes.ts'
import { StateMark } from '../storefront/state-mark.tsx'
import { shortId } from '../storefront/states.ts'

const pageSize = 20

export function MyOrders() {
  const { state } = useSession()
  return (
    <>
      <Typography variant="h1" sx={{ mb: 2.5 }}>
        My orders
      </Typography>
      {state === 'nobody' && <SignInFirst />}
      {state === 'unknown' && <Busy label="My orders" />}
      {(state === 'somebody' || state === 'unanswered') && <Pages />}
    </>
  )
}

interface Page {
  readonly orders: readonly Order[]
  readonly after?: string | undefined
}

function Pages() {
  const [isBusy, setBusy] = useState(false)
  const first = useCallback(() => page(undefined), [])
  const asked = useAsked<Page>(first)
  const more = async ({ orders, after }: Page): Promise<void> => {
    setBusy(true)
    const next = await page(after).catch(() => undefined)
    setBusy(false)
    if (next) asked.set({ orders: [...orders, ...next.orders], after: next.after })
  }
  return (
    <Answered asked={asked} what="Your orders">
      {value => (
        <>
          <List orders={value.orders} />
          {value.after !== undefined && (
            <Button sx={{ mt: 2 }} variant="outlined" loading={isBusy} onClick={() => void more(value)}>
              Earlier ones
            </Button>
          )}
        </>
      )}
    </Answered>
  )
}

async function page(after: string | undefined): Promise<Page> {
  const query = { limit: pageSize, ...(after === undefined ? {} : { after }) }
  const { items, after: next } = await valueIn(customer.myOrders({ query }))
  return { orders: items, after: next }
}

const row = {
  position: 'relative',
  display: 'grid',
  gridTemplateColumns: { xs: '1fr auto', sm: '1fr 1fr 7rem 7rem' },
  columnGap: 2,
  rowGap: 0.5,
  alignItems: 'center',
  px: 2.5,
  py: 2,
  borderTop: '1px solid',
  borderColor: 'divider',
  '&:first-of-type': { borderTop: 0 },
}

const whole = { '&::after': { content: '""', position: 'absolute', inset: 0 } }

function List({ orders }: { readonly orders: readonly Order[] }) {
  if (orders.length === 0) {
    return (
      <Empty title="No orders yet">
        The first will stand here. Look through the <TextLink href="/shop">products</TextLink>.
      </Empty>
    )
  }
  return (
    <Card component="ol" aria-label="My orders" sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {orders.map(({ orderId, lines, state, total, placedAt }) => (
        <Box component="li" key={orderId} sx={row}>
          <Box>
            <TextLink href={`/shop/orders/${orderId}`} color="inherit" sx={whole}>
              Order {shortId(orderId)}
            </TextLink>
            <Typography variant="body2" sx={{ color: 'text.secondary' }}>
              <Moment at={placedAt} />
            </Typography>
          </Box>
          <Typography variant="body2" sx={{ color: 'text.secondary', display: { xs: 'none', sm: 'block' } }}>
            {lines.map(({ quantity, productName }) => `${quantity} × ${productName}`).join(', ')}
          </Typography>
          <StateMark state={state} />
          <Box sx={{ textAlign: 'right', gridColumn: { xs: '1 / -1', sm: 'auto' } }}>
            <Money {...total} />
          </Box>
        </Box>
      ))}
    </Card>
  )
}
