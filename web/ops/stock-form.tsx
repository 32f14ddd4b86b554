'use client'
/** Units that arrived, or that were counted wrong. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { type SyntheticEvent, useRef, useState } from 'react'
import { isPassing, type Refusal, refusalOf, valueIn } from '../asking/asking.ts'
import { Failure } from '../look/failure.tsx'
import { Choice, Field } from '../look/field.tsx'
import { newKey, ops } from '../storefront/clients.ts'

const reasons = [
  { value: 'arrived', label: 'arrived' },
  { value: 'corrected', label: 'counted anew: more or fewer' },
] as const

export function StockForm({ productId, changed }: { readonly productId: string; changed(): void }) {
  const [typed, setTyped] = useState('')
  const [reason, setReason] = useState<'arrived' | 'corrected'>('arrived')
  const { busy, refusal, said, run } = useMovement(productId, changed)
  const units = /^-?\d{1,7}$/.test(typed.trim()) ? Number(typed) : undefined
  const send = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault()
    if (units !== undefined && (await run(units, reason))) setTyped('')
  }
  return (
    <Box component="form" aria-labelledby="stock" onSubmit={event => void send(event)}>
      <Typography id="stock" variant="h3" component="h2" sx={{ mb: 1 }}>
        Stock
      </Typography>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1.5, alignItems: 'flex-end' }}>
        <Field
          label="Units"
          value={typed}
          inputProps={{ inputMode: reason === 'arrived' ? 'numeric' : 'text', size: 6, maxLength: 8 }}
          onChange={({ target }) => setTyped(target.value)}
        />
        <Choice
          label="that"
          value={reason}
          options={reasons}
          onChange={value => setReason(value === 'corrected' ? 'corrected' : 'arrived')}
        />
        <Button type="submit" variant="outlined" loading={busy} disabled={!units} sx={{ minHeight: 40 }}>
          Note it
        </Button>
      </Box>
      <Typography role="status" variant="body2" sx={{ mt: 1, color: 'success.main' }}>
        {said}
      </Typography>
      {refusal && <Failure title="It was not noted" detail={refusal.detail} trace={refusal.trace} />}
    </Box>
  )
}

function useMovement(productId: string, changed: () => void) {
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState('')
  const [refusal, setRefusal] = useState<Refusal>()
  const key = useRef<string>(undefined)
  const run = async (units: number, reason: 'arrived' | 'corrected'): Promise<boolean> => {
    setBusy(true)
    setSaid('')
    setRefusal(undefined)
    key.current ??= newKey()
    try {
      await valueIn(ops.stockUp({ params: { productId }, body: { units, reason }, once: key.current }))
      key.current = undefined
      setSaid(`${units > 0 ? `+${units}` : units} noted`)
      changed()
      return true
    } catch (error) {
      const why = refusalOf(error)
      setRefusal(why)
      // What may have been noted keeps its key.
      if (!isPassing(why)) key.current = undefined
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, refusal, said, run }
}
