'use client'
/** One of my orders: where it stands, what happened to it, as it happens, and the way to take it back. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useCallback, useEffect, useState } from 'react'
import { Answered } from '../accounts/answered.tsx'
import { useSession } from '../accounts/session.tsx'
import { SignInFirst } from '../accounts/sign-in-first.tsx'
import { type Refusal, refusalOf, useAsked, valueIn } from '../asking/asking.ts'
import { follow } from '../live/follow.ts'
import { Busy } from '../look/busy.tsx'
import { Confirm } from '../look/confirm.tsx'
import { Failure } from '../look/failure.tsx'
import { TextLink } from '../look/links.tsx'
import { Moment } from '../look/moment.tsx'
import { customer, liveOrder, newKey, signedInFetch } from '../storefront/clients.ts'
import { History } from '../storefront/history.tsx'
import { OrderLines } from '../storefront/order-lines.tsx'
import type { Order, OrderEvent } from '../storefront/shapes.ts'
import { StateMark } from '../storefront/state-mark.tsx'
import { shortId, stateMeanings } from '../storefront/states.ts'

export function MyOrder({ orderId }: { readonly orderId: string }) {
  const { state } = useSession()
  if (state === 'nobody') {
    return (
      <>
        <Typography variant="h1">Order {shortId(orderId)}</Typography>
        <SignInFirst title="Sign in to see this order" />
      </>
    )
  }
  if (state === 'unknown') return <Busy label="The order" />
  return <Shown orderId={orderId} />
}

interface Told {
  readonly order: Order
  readonly events: readonly OrderEvent[]
}

function Shown({ orderId }: { readonly orderId: string }) {
  const ask = useCallback(async (): Promise<Told> => {
    const params = { orderId }
    const order = await valueIn(customer.myOrder({ params }))
    const { events } = await valueIn(customer.myOrderHistory({ params }))
    return { order, events }
  }, [orderId])
  const asked = useAsked(ask)
  const { again } = asked
  useEffect(() => {
    // What happened before the stream was open is read then.
    const events = { connected: again, told: again, lost() {} }
    return follow(liveOrder(orderId), events, signedInFetch)
  }, [orderId, again])
  return (
    <Answered asked={asked} what="The order">
      {told => <OrderView {...told} changed={asked.again} />}
    </Answered>
  )
}

const sides = {
  display: 'grid',
  gridTemplateColumns: { xs: '1fr', md: '1fr 340px' },
  gap: { xs: 3, md: 5 },
  alignItems: 'start',
}

function OrderView({ order, events, changed }: Told & { changed(): void }) {
  const { orderId, state, placedAt, tracking } = order
  return (
    <>
      <Typography variant="body2">
        <TextLink href="/shop/orders">My orders</TextLink>
      </Typography>
      <Typography variant="h1" sx={{ mt: 0.5 }}>
        Order {shortId(orderId)}
      </Typography>
      <Typography sx={{ color: 'text.secondary', mb: 3 }}>
        Placed <Moment at={placedAt} />
      </Typography>
      <Box sx={sides}>
        <Card sx={{ p: 2.5 }}>
          <OrderLines order={order} products="/shop/products" />
        </Card>
        <Box component="section" aria-label="Where it stands">
          <Box role="status" sx={{ mb: 3 }}>
            <Typography component="p" sx={{ fontSize: '1.25rem' }}>
              <StateMark state={state} />
            </Typography>
            <Typography sx={{ color: 'text.secondary' }}>{stateMeanings[state]}</Typography>
            {tracking !== undefined && <Typography variant="body2">Tracking {tracking}</Typography>}
          </Box>
          <History events={events} />
          {state === 'placed' && <Cancel orderId={orderId} done={changed} />}
        </Box>
      </Box>
    </>
  )
}

type Step = 'closed' | 'asking' | 'doing'

function Cancel({ orderId, done }: { readonly orderId: string; done(): void }) {
  const [step, setStep] = useState<Step>('closed')
  const [why, setWhy] = useState<Refusal>()
  const cancel = async (): Promise<void> => {
    setStep('doing')
    try {
      await valueIn(customer.cancel({ params: { orderId }, body: {}, once: newKey() }))
      setStep('closed')
    } catch (error) {
      setWhy(refusalOf(error))
      setStep('asking')
    }
    done()
  }
  return (
    <>
      <Button variant="outlined" sx={{ mt: 3 }} onClick={() => setStep('asking')}>
        Cancel this order…
      </Button>
      <Confirm
        open={step !== 'closed'}
        title="Cancel this order?"
        does="Cancel the order"
        keep="Keep it"
        busy={step === 'doing'}
        onConfirm={() => void cancel()}
        onCancel={() => setStep('closed')}
      >
        Nothing is owed then, and the products go back to the shop. It cannot be taken up again.
        {why && <Failure title="It was not cancelled" detail={why.detail} trace={why.trace} />}
      </Confirm>
    </>
  )
}
