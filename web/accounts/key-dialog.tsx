'use client'
/** Asks before a key is rotated or revoked; what was refused is said where it was asked. */
import Box from '@mui/material/Box'
import { useState } from 'react'
import { type Refusal, refusalOf, valueIn } from '../asking/asking.ts'
import { Confirm } from '../look/confirm.tsx'
import { Failure } from '../look/failure.tsx'
import { Choice } from '../look/field.tsx'
import { useAccounts } from './place.tsx'
import type { Key } from './shapes.ts'
import { wordsOf } from './words.ts'

export interface Ending {
  readonly kind: 'rotate' | 'revoke'
  readonly which: Key
}

export interface KeyDialogProps extends Ending {
  /** `text`: the key that took its place. */
  rotated(name: string, text: string): void
  revoked(name: string): void
  cancel(): void
}

const overlaps = [
  { value: '0', label: 'Not at all' },
  { value: '1', label: 'An hour more' },
  { value: '24', label: 'A day more' },
  { value: '168', label: 'A week more' },
  { value: '720', label: '30 days more' },
] as const

export function KeyDialog({ kind, which, rotated, revoked, cancel }: KeyDialogProps) {
  const { accounts } = useAccounts()
  const [hours, setHours] = useState('24')
  const [busy, setBusy] = useState(false)
  const [why, setWhy] = useState<Refusal>()
  const params = { keyId: which.keyId }
  const run = async (): Promise<void> => {
    if (kind === 'revoke') {
      await valueIn(accounts.revokeKey({ params }))
      return revoked(which.name)
    }
    const { text } = await valueIn(accounts.rotateKey({ params, body: { overlapHours: Number(hours) } }))
    return rotated(which.name, text)
  }
  const confirm = (): void => {
    setBusy(true)
    setWhy(undefined)
    run()
      .catch(error => setWhy(refusalOf(error)))
      .finally(() => setBusy(false))
  }
  const common = { open: true, busy, onConfirm: confirm, onCancel: cancel }
  const failed = why && <Failure title="The key is as it was" detail={wordsOf(why)} trace={why.trace} />
  if (kind === 'revoke') {
    return (
      <Confirm {...common} title={`Revoke ${which.name}?`} does="Revoke it" keep="Keep it">
        Whatever calls with it is refused from the next request on, everywhere. This cannot be taken back.
        {failed}
      </Confirm>
    )
  }
  return (
    <Confirm {...common} title={`Rotate ${which.name}?`} does="Make the new key">
      A new key with the same name and rights takes its place. Give the program some time to change over.
      <Box sx={{ mt: 2 }}>
        <Choice label="The old key is good" value={hours} options={overlaps} onChange={setHours} />
      </Box>
      {failed}
    </Confirm>
  )
}
