'use client'
/**
 * Where the link of a mail leads that confirms an address. It is confirmed by a press of a button: programs that look at
 * links before a mail is read press none.
 */
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { useState } from 'react'
import { refusalOf, valueIn } from '../asking/asking.ts'
import { Busy } from '../look/busy.tsx'
import { leadingTo } from './addresses.ts'
import { AskForm } from './ask-form.tsx'
import { CheckYourMail } from './check-your-mail.tsx'
import { EmailField } from './fields.tsx'
import { type LinkToken, useLinkToken } from './link-token.ts'
import { leading } from './next-page.ts'
import { useAccounts } from './place.tsx'
import type { NextProps } from './sign-in.tsx'
import { Done, Step } from './step.tsx'

export function Verify({ next }: NextProps) {
  const link = useLinkToken()
  if (link === undefined) {
    return (
      <Step title="Confirm your address">
        <Busy label="The link is being read" />
      </Step>
    )
  }
  // Another link in the same tab begins anew.
  return link.kind === undefined ? <NewLink next={next} /> : <Confirming key={link.token} {...link} next={next} />
}

function Confirming({ kind = 'token', token, next }: LinkToken & NextProps) {
  const { pages, signingIn } = useAccounts()
  const [state, setState] = useState<'asked' | 'done' | 'invalid'>('asked')
  const send = async (): Promise<void> => {
    try {
      if (kind === 'token') await valueIn(signingIn.verifyEmail({ body: { token } }))
      else await valueIn(signingIn.confirmEmail({ body: { token } }))
      setState('done')
    } catch (error) {
      if (refusalOf(error).code !== 'link-invalid') throw error
      setState('invalid')
    }
  }
  if (state === 'invalid') return kind === 'token' ? <NewLink used next={next} /> : <ChangeAgain />
  if (state === 'done' && kind === 'token') {
    const to = leadingTo(pages.signIn, next)
    return <Done title="Your address is confirmed" text="Now you can sign in." does="Sign in" to={to} />
  }
  if (state === 'done') {
    const text = 'From now on you sign in with it, and mails go there.'
    return <Done title="Your address is changed" text={text} does="To your account" to={pages.account} />
  }
  return (
    <Step title="Confirm your address">
      <Typography>One press, and we know that the mails of this account reach you.</Typography>
      <AskForm label="Confirm" does="Confirm my address" failed="Your address is not confirmed" send={send} />
    </Step>
  )
}

function ChangeAgain() {
  const { pages } = useAccounts()
  const text = 'It is wrong, was used, or is older than a day. In your account you can ask for another one.'
  return <Done title="This link is good no more" text={text} does="To your account" to={pages.account} />
}

function NewLink({ used = false, next }: NextProps & { readonly used?: boolean }) {
  const { pages, signingIn } = useAccounts()
  const [typed, setEmail] = useState('')
  const [sentTo, setSentTo] = useState<string>()
  const ask = async (email: string): Promise<void> => {
    await valueIn(signingIn.sendAgain({ body: { email, ...leading(next) } }))
    setSentTo(email)
  }
  if (sentTo !== undefined) {
    return (
      <CheckYourMail again={() => ask(sentTo)} back={() => setSentTo(undefined)}>
        If <strong>{sentTo}</strong> has an account that waits to be confirmed, a new link is on its way.
      </CheckYourMail>
    )
  }
  return (
    <Step title={used ? 'This link is good no more' : 'Confirm your address'} follows={used}>
      <Typography>
        {used
          ? 'It is wrong, was used, or is older than a day. If you confirmed your address before, just sign in.'
          : 'Open the link of our mail, or ask for a new one.'}
      </Typography>
      <AskForm
        label="A new link"
        does="Send me a new link"
        failed="No link was sent"
        beside={<Button href={leadingTo(pages.signIn, next)}>Sign in</Button>}
        send={() => ask(typed.trim())}
      >
        <EmailField value={typed} onChange={setEmail} />
      </AskForm>
    </Step>
  )
}
