'use client'
/** Asks for a link to choose a new password. Nobody learns here whether there is such an account. */
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { useState } from 'react'
import { valueIn } from '../asking/asking.ts'
import { leadingTo } from './addresses.ts'
import { AskForm } from './ask-form.tsx'
import { CheckYourMail } from './check-your-mail.tsx'
import { EmailField } from './fields.tsx'
import { leading } from './next-page.ts'
import { useAccounts } from './place.tsx'
import type { NextProps } from './sign-in.tsx'
import { Step } from './step.tsx'

export function Forgotten({ next }: NextProps) {
  const { pages, signingIn } = useAccounts()
  const [typed, setEmail] = useState('')
  const [sentTo, setSentTo] = useState<string>()
  const ask = async (email: string): Promise<void> => {
    await valueIn(signingIn.forgotten({ body: { email, ...leading(next) } }))
    setSentTo(email)
  }
  if (sentTo !== undefined) {
    return (
      <CheckYourMail again={() => ask(sentTo)} back={() => setSentTo(undefined)}>
        If <strong>{sentTo}</strong> has an account, a link to choose a new password is on its way. It is good for half
        an hour, and once.
      </CheckYourMail>
    )
  }
  return (
    <Step title="A new password">
      <Typography>We send a link to your address; with it you choose a new password.</Typography>
      <AskForm
        label="A new password"
        does="Send me a link"
        failed="No link was sent"
        beside={<Button href={leadingTo(pages.signIn, next)}>Sign in</Button>}
        send={() => ask(typed.trim())}
      >
        <EmailField value={typed} onChange={setEmail} />
      </AskForm>
    </Step>
  )
}
