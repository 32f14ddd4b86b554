'use client'
/** The last step: what it comes to, who orders, and the button. An order under way is taken up again after a reload. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { useAccounts } from '../accounts/place.tsx'
import { useSession } from '../accounts/session.tsx'
import type { Profile } from '../accounts/shapes.ts'
import type { Refusal } from '../asking/asking.ts'
import { Failure } from '../look/failure.tsx'
import { Money } from '../look/money.tsx'
import { customer, newKey } from '../storefront/clients.ts'
import { placed, refused, sent, totalOf } from './basket.ts'
import { sendOrder } from './send-order.ts'
import { useShop, useShopDispatch } from './store.tsx'

export function Checkout() {
  const basket = useShop(state => state.basket)
  const session = useSession()
  const { signInAddress } = useAccounts()
  const total = totalOf(basket)
  return (
    <Card component="section" aria-labelledby="checkout" sx={{ p: 2.5 }}>
      <Typography id="checkout" variant="h2" sx={{ mb: 1.5 }}>
        Checkout
      </Typography>
      <Typography component="p" sx={{ display: 'flex', justifyContent: 'space-between', fontWeight: 640, mb: 1.5 }}>
        <span>Total</span>
        {total ? <Money {...total} /> : <span>–</span>}
      </Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', mb: 2 }}>
        You pay by bank transfer once the order is placed. Until then you can cancel it.
      </Typography>
      {session.state === 'somebody' ? (
        <Ordering who={session.who} />
      ) : (
        <Button fullWidth variant="contained" size="large" href={signInAddress('/shop/basket')}>
          Sign in to order
        </Button>
      )}
    </Card>
  )
}

function Ordering({ who }: { readonly who: Profile }) {
  const dispatch = useShopDispatch()
  const { lines, sending } = useShop(({ basket }) => basket)
  const { isDelayed, refusal } = useSending(who.userId)
  const order = (): void => {
    const wanted = lines.map(({ productId, quantity }) => ({ productId, quantity }))
    dispatch(sent({ key: newKey(), userId: who.userId, name: who.name, lines: wanted, atMs: Date.now() }))
  }
  return (
    <>
      <Button
        fullWidth
        variant="contained"
        size="large"
        loading={!!sending}
        disabled={lines.length === 0}
        onClick={order}
      >
        Place the order
      </Button>
      <Typography role="status" variant="body2" sx={{ mt: 1, color: 'text.secondary', minHeight: '1.5em' }}>
        {sending && (isDelayed ? 'Not connected: it is sent again by itself.' : 'The order is being placed.')}
        {!sending && `Ordering as ${who.name}`}
      </Typography>
      {refusal && !sending && (
        <Box sx={{ mt: 1 }}>
          <Failure title="The order was not placed" detail={wordsOf(refusal)} trace={refusal.trace} />
        </Box>
      )}
    </>
  )
}

function wordsOf({ code, detail }: Refusal): string {
  if (code === 'not-allowed') return 'This account belongs to operations: sign in as a customer to order.'
  if (code === 'several-currencies') return 'Products in several currencies need an order each.'
  return detail
}

/** Sends what is under way, and says what became of it. */
function useSending(userId: string) {
  const dispatch = useShopDispatch()
  const { push } = useRouter()
  const sending = useShop(({ basket }) => basket.sending)
  const [isDelayed, setDelayed] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  useEffect(() => {
    if (!sending) return undefined
    // Somebody else began it, in this browser: nobody orders it in another's name.
    if (sending.userId !== userId) return void dispatch(refused())
    setDelayed(false)
    setRefusal(undefined)
    return sendOrder(customer, sending, {
      placed(order) {
        dispatch(placed())
        push(`/shop/orders/${order.orderId}`)
      },
      refused(why) {
        dispatch(refused())
        setRefusal(why)
      },
      delayed: () => setDelayed(true),
    })
  }, [sending, userId, dispatch, push])
  return { isDelayed, refusal }
}
