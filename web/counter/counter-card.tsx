'use client'
/** The counter: how many cameras are left, and the button that sells one. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Divider from '@mui/material/Divider'
import Typography from '@mui/material/Typography'
import { Failure } from '../look/failure.tsx'
import { unseen } from '../look/unseen.ts'
import type { Sale } from './last-sales.ts'
import { LiveMark } from './live-mark.tsx'
import { SalesList } from './sales-list.tsx'
import { Settings } from './settings.tsx'
import type { Refusal } from './till.ts'
import { useCounter } from './use-counter.ts'

/** A full stock. */
const full = 1000

export interface CounterCardProps {
  readonly left: number
  readonly sales: readonly Sale[]
}

export function CounterCard(first: CounterCardProps) {
  const { left, sales, connection, waiting, refusal, sell, dismiss, reset } = useCounter(first)
  const soldOut = left === 0
  return (
    <Card
      component="article"
      aria-labelledby="counter-title"
      sx={{ width: '100%', maxWidth: 440, mx: 'auto', my: { sm: '4vh' } }}
    >
      <Box sx={{ p: { xs: 2.5, sm: 3.5 } }}>
        <Box sx={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', gap: 2 }}>
          <Typography id="counter-title" variant="h2" component="h1">
            Cameras in stock
          </Typography>
          <Settings reset={reset} />
        </Box>
        <LiveMark connection={connection} waiting={waiting} />
        <Amount left={left} />
        <Button fullWidth size="large" variant="contained" disabled={soldOut} onClick={sell}>
          {soldOut ? 'Sold out' : 'A camera was sold'}
        </Button>
        {refusal && <TakenBack refusal={refusal} dismiss={dismiss} />}
      </Box>
      <Divider />
      <Box sx={{ px: { xs: 2.5, sm: 3.5 }, py: 2.5 }}>
        <SalesList sales={sales} />
      </Box>
    </Card>
  )
}

function Amount({ left }: { readonly left: number }) {
  return (
    <Box sx={{ my: 3 }}>
      <Typography
        component="p"
        aria-hidden="true"
        data-testid="left"
        sx={{
          fontSize: 'clamp(4.5rem, 3rem + 10vw, 7rem)',
          fontWeight: 640,
          letterSpacing: '-0.05em',
          lineHeight: 1,
          fontVariantNumeric: 'tabular-nums lining-nums',
          color: left === 0 ? 'text.secondary' : 'text.primary',
        }}
      >
        {left}
      </Typography>
      <Box role="status" sx={unseen}>
        {left === 0 ? 'Sold out: no camera is left' : `${left} cameras are left`}
      </Box>
      <Gauge share={left / full} />
    </Box>
  )
}

/** How full the shelf is, as a ruler; the number above says the same. */
function Gauge({ share }: { readonly share: number }) {
  const marks = Array.from({ length: 41 }, (_, mark) => `M${mark * 10} ${mark % 10 === 0 ? 0 : 5}V14`)
  const filled = Math.ceil(share * marks.length)
  return (
    <Box component="svg" viewBox="-2 0 404 14" aria-hidden="true" sx={{ display: 'block', width: '100%', mt: 2.5 }}>
      <Box component="path" d={marks.slice(filled).join('')} sx={{ ...mark, stroke: 'var(--mui-palette-divider)' }} />
      <Box
        component="path"
        d={marks.slice(0, filled).join('')}
        sx={{ ...mark, stroke: 'var(--mui-palette-primary-main)' }}
      />
    </Box>
  )
}

const mark = { strokeWidth: 3, strokeLinecap: 'round' }

function TakenBack({ refusal, dismiss }: { readonly refusal: Refusal; readonly dismiss: () => void }) {
  const isSoldOut = refusal.code === 'sold-out'
  return (
    <Box sx={{ mt: 2 }}>
      <Failure
        title="The sale was taken back"
        detail={isSoldOut ? 'Somebody else bought the last camera a moment before.' : refusal.detail}
        trace={refusal.trace}
        dismiss={dismiss}
      />
    </Box>
  )
}
