'use client'
/** A mail is on its way, or would be if there was an account: what to do now. It reads the same in both cases. */
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { type ReactNode, useState } from 'react'
import { AskForm } from './ask-form.tsx'
import { Said } from './section.tsx'
import { Step } from './step.tsx'

export interface CheckYourMailProps {
  readonly children: ReactNode
  /** Sends it once more. */
  again(): Promise<void>
  /** Asks with another address. */
  back(): void
}

export function CheckYourMail({ children, again, back }: CheckYourMailProps) {
  const [times, setTimes] = useState(0)
  const send = async (): Promise<void> => {
    await again()
    setTimes(before => before + 1)
  }
  const other = (
    <Button color="inherit" onClick={back}>
      Another address
    </Button>
  )
  return (
    <Step title="Check your mail" follows>
      <Typography>{children}</Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary' }}>
        Nothing came after a minute? Look among unwanted mails, or have it sent once more.
      </Typography>
      <AskForm label="Once more" does="Send it again" failed="It was not sent again" quiet beside={other} send={send} />
      <Said>{times === 0 ? undefined : times === 1 ? 'Sent once more.' : `Sent ${times} times more.`}</Said>
    </Step>
  )
}
