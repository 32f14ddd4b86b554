'use client'
/** One order as operations see it: what is in it, what happened to it, as it happens, and what can be done next. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useCallback, useEffect, useRef, useState } from 'react'
import { Answered } from '../accounts/answered.tsx'
import { isPassing, type Refusal, refusalOf, useAsked, valueIn } from '../asking/asking.ts'
import { TextLink } from '../look/links.tsx'
import { Moment } from '../look/moment.tsx'
import { newKey, ops } from '../storefront/clients.ts'
import { History } from '../storefront/history.tsx'
import { OrderLines } from '../storefront/order-lines.tsx'
import type { Order, OrderEvent } from '../storefront/shapes.ts'
import { StateMark } from '../storefront/state-mark.tsx'
import { type Action, actionNames, actionsIn, shortId } from '../storefront/states.ts'
import { ActionDialog } from './action-dialog.tsx'
import { bodyOf, type Draft } from './actions.ts'
import { changed } from './board.ts'
import { LiveMark } from './live-mark.tsx'
import { useOps, useOpsDispatch } from './store.tsx'

interface Told {
  readonly order: Order
  readonly events: readonly OrderEvent[]
}

export function OrderDesk({ orderId }: { readonly orderId: string }) {
  const ask = useCallback((): Promise<Told> => valueIn(ops.oneOrder({ params: { orderId } })), [orderId])
  const asked = useAsked(ask)
  const { again } = asked
  // A step of this order, or a new connection: what is shown may be old.
  const news = useOps(({ feed }) => {
    const last = feed.steps.find(step => step.orderId === orderId)
    return `${feed.connects} ${last?.seq ?? 0}`
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again at each piece of news
  useEffect(again, [again, news])
  return (
    <Answered asked={asked} what="The order">
      {told => <Desk {...told} changed={again} />}
    </Answered>
  )
}

const sides = {
  display: 'grid',
  gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'minmax(0, 1fr) 340px' },
  gap: { xs: 3, md: 5 },
  alignItems: 'start',
}

function Desk({ order, events, changed: reread }: Told & { changed(): void }) {
  const { orderId, customerName, customerId, placedAt, state } = order
  return (
    <>
      <Typography variant="body2">
        <TextLink href="/ops/orders">Orders</TextLink>
      </Typography>
      <Typography variant="h1" sx={{ mt: 0.5 }}>
        Order {shortId(orderId)}
      </Typography>
      <Typography sx={{ color: 'text.secondary' }}>
        {customerName}
        {customerName === customerId ? '' : ` (${customerId})`}, <Moment at={placedAt} />
      </Typography>
      <LiveMark />
      <Box sx={{ ...sides, mt: 2.5 }}>
        <Card sx={{ p: 2.5 }}>
          <OrderLines order={order} products="/ops/products" />
        </Card>
        <Box component="section" aria-label="Where it stands">
          <Typography role="status" component="p" sx={{ fontSize: '1.25rem', mb: 2 }}>
            <StateMark state={state} />
          </Typography>
          <Steps order={order} done={reread} />
          <History events={events} names />
        </Box>
      </Box>
    </>
  )
}

function Steps({ order, done }: { readonly order: Order; done(): void }) {
  const { action, busy, refusal, begin, run, close } = useStep(order, done)
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mb: actionsIn[order.state].length > 0 ? 3 : 0 }}>
      {actionsIn[order.state].map((each, at) => (
        <Button key={each} variant={at === 0 ? 'contained' : 'outlined'} onClick={() => begin(each)}>
          {actionNames[each]}…
        </Button>
      ))}
      {action && (
        <ActionDialog
          key={action}
          action={action}
          what={`order ${shortId(order.orderId)}`}
          total={order.total}
          busy={busy}
          refusal={refusal}
          suffices={draft => bodyOf(action, draft, order.total) !== undefined}
          onDo={draft => void run(draft)}
          onCancel={close}
        />
      )}
    </Box>
  )
}

function useStep({ orderId, total }: Order, done: () => void) {
  const dispatch = useOpsDispatch()
  const [action, setAction] = useState<Action>()
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  /** One key for what was asked, however often it is sent. */
  const key = useRef('')
  const begin = (begun: Action): void => {
    key.current = newKey()
    setRefusal(undefined)
    setAction(begun)
  }
  const run = async (draft: Draft): Promise<void> => {
    const body = action && bodyOf(action, draft, total)
    if (!body) return
    setBusy(true)
    try {
      const order = await valueIn(ops.change({ params: { orderId }, body, once: key.current }))
      dispatch(changed([order]))
      setAction(undefined)
    } catch (error) {
      const why = refusalOf(error)
      setRefusal(why)
      // What may have been done keeps its key.
      if (!isPassing(why)) key.current = newKey()
    }
    setBusy(false)
    done()
  }
  return { action, busy, refusal, begin, run, close: () => setAction(undefined) }
}
