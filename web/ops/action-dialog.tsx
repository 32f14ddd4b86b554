'use client'
/** Asks what has to be said with an action on orders, and whether it is meant. */
import Box from '@mui/material/Box'
import Checkbox from '@mui/material/Checkbox'
import FormControlLabel from '@mui/material/FormControlLabel'
import { type ReactNode, useState } from 'react'
import type { Refusal } from '../asking/asking.ts'
import { Confirm } from '../look/confirm.tsx'
import { Failure } from '../look/failure.tsx'
import { Field } from '../look/field.tsx'
import { moneyText } from '../storefront/amounts.ts'
import type { Money } from '../storefront/shapes.ts'
import { type Action, actionNames } from '../storefront/states.ts'
import { type Draft, emptyDraft } from './actions.ts'

const consequences: Readonly<Record<Action, string>> = {
  pay: 'The whole amount of the order must have arrived.',
  reject: 'The products go back into stock. The customer reads the reason.',
  cancel: 'The products go back into stock. The customer reads the reason.',
  fulfil: 'The products have left the house.',
  refund: 'The money goes back to the customer, who reads the reason.',
}

export interface ActionDialogProps {
  readonly action: Action
  /** What it is done to, such as `3 orders`. */
  readonly what: string
  /** Of the one order it is; many are not asked what differs between them. */
  readonly total?: Money | undefined
  readonly busy: boolean
  readonly refusal?: Refusal | undefined
  /** Whether the draft says enough. */
  readonly suffices: (draft: Draft) => boolean
  onDo(draft: Draft): void
  onCancel(): void
}

export function ActionDialog(props: ActionDialogProps) {
  const { action, what, total, busy, refusal, suffices, onDo, onCancel } = props
  const [draft, setDraft] = useState(emptyDraft)
  const change = (changes: Partial<Draft>): void => setDraft(before => ({ ...before, ...changes }))
  return (
    <Confirm
      open
      title={`${actionNames[action]}: ${what}`}
      does={actionNames[action]}
      keep="Back"
      busy={busy}
      incomplete={!suffices(draft)}
      onConfirm={() => onDo(draft)}
      onCancel={onCancel}
    >
      {consequences[action]}
      <Box sx={{ display: 'flex', flexDirection: 'column', gap: 2, mt: 2, color: 'text.primary' }}>
        {fieldsOf(action, total, draft, change)}
        {refusal && <Failure title="It was not done" detail={refusal.detail} trace={refusal.trace} />}
      </Box>
    </Confirm>
  )
}

function fieldsOf(
  action: Action,
  total: Money | undefined,
  draft: Draft,
  change: (changes: Partial<Draft>) => void,
): ReactNode {
  if (action === 'pay' && total) return <Payment {...{ total, draft, change }} />
  if (action === 'pay') return null
  if (action === 'fulfil') {
    return total ? (
      <Field
        label="Tracking number (if there is one)"
        value={draft.tracking}
        inputProps={{ maxLength: 200 }}
        onChange={({ target }) => change({ tracking: target.value })}
      />
    ) : null
  }
  return (
    <>
      <Field
        label="Reason"
        required
        value={draft.reason}
        inputProps={{ maxLength: 500 }}
        onChange={({ target }) => change({ reason: target.value })}
      />
      {action === 'refund' && (
        <FormControlLabel
          label="The goods came back and can be sold again"
          control={<Checkbox checked={draft.returned} onChange={(_event, checked) => change({ returned: checked })} />}
        />
      )}
    </>
  )
}

interface PaymentProps {
  readonly total: Money
  readonly draft: Draft
  change(changes: Partial<Draft>): void
}

function Payment({ total, draft, change }: PaymentProps) {
  return (
    <>
      <Field
        label={`Amount that arrived, in ${total.currency}`}
        help={`The order comes to ${moneyText(total.amount, total.currency)}`}
        required
        value={draft.amount}
        inputProps={{ inputMode: 'decimal', maxLength: 16 }}
        onChange={({ target }) => change({ amount: target.value })}
      />
      <Field
        label="Reference of the payment"
        required
        value={draft.reference}
        inputProps={{ maxLength: 200 }}
        onChange={({ target }) => change({ reference: target.value })}
      />
    </>
  )
}
