'use client'
/** A form that asks the accounts for something; what was refused, and what to do next, is said beside its button. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import { type ReactNode, type SyntheticEvent, useState, useSyncExternalStore } from 'react'
import { type Refusal, refusalOf } from '../asking/asking.ts'
import { Failure } from '../look/failure.tsx'
import { wordsOf } from './words.ts'

export interface AskFormProps {
  readonly label: string
  /** What the button does. */
  readonly does: string
  /** What did not happen when it was refused. */
  readonly failed: string
  readonly quiet?: boolean
  readonly children?: ReactNode
  /** Another way out, beside the button. */
  readonly beside?: ReactNode
  /** Resolves when it is done; rejects with why not. */
  send(): Promise<void>
}

/** Nothing to wait for: from the first look of the browser on it is so. */
const never = () => () => {}

export function AskForm({ label, does, failed, quiet = false, children, beside, send }: AskFormProps) {
  const [busy, setBusy] = useState(false)
  const [why, setWhy] = useState<Refusal>()
  // Sent before its scripts are there, it would be the browser's own form, which nobody answers.
  const isReady = useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    setBusy(true)
    setWhy(undefined)
    send()
      .catch(error => setWhy(refusalOf(error)))
      .finally(() => setBusy(false))
  }
  return (
    <Box
      component="form"
      method="post"
      aria-label={label}
      onSubmit={submit}
      sx={{ display: 'flex', flexDirection: 'column', gap: 2 }}
    >
      {children}
      {why && <Failure title={failed} detail={wordsOf(why)} trace={why.trace} />}
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1 }}>
        {/* `null`, not `false`: that would be drawn on the server with a style that the pages' policy refuses. */}
        <Button type="submit" variant={quiet ? 'outlined' : 'contained'} disabled={!isReady} loading={busy || null}>
          {does}
        </Button>
        {beside}
      </Box>
    </Box>
  )
}
