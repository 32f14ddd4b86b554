'use client'
/** Signs up: name, address and a password; then the address is confirmed by a mail. */
import Link from '@mui/material/Link'
import Typography from '@mui/material/Typography'
import { useState } from 'react'
import { valueIn } from '../storefront/asking.ts'
import { signingIn } from '../storefront/clients.ts'
import { accountPages, leadingTo } from './addresses.ts'
import { AskForm } from './ask-form.tsx'
import { CheckYourMail } from './check-your-mail.tsx'
import { EmailField, NameField, NewPasswordField } from './fields.tsx'
import { Step } from './step.tsx'

/** `next`: where one was, as the address says it. */
export function SignUp({ next }: { readonly next: string | undefined }) {
  const [sentTo, setSentTo] = useState<string>()
  if (sentTo === undefined) return <SignUpForm next={next} done={setSentTo} />
  const again = async (): Promise<void> => {
    await valueIn(signingIn.sendAgain({ body: { email: sentTo } }))
  }
  return (
    <CheckYourMail again={again} back={() => setSentTo(undefined)}>
      We wrote to <strong>{sentTo}</strong>. Open the link in that mail within a day; then you can sign in.
    </CheckYourMail>
  )
}

interface SignUpFormProps {
  readonly next: string | undefined
  done(email: string): void
}

function SignUpForm({ next, done }: SignUpFormProps) {
  const [name, setName] = useState('')
  const [typed, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const send = async (): Promise<void> => {
    const email = typed.trim()
    await valueIn(signingIn.signUp({ body: { name, email, password } }))
    done(email)
  }
  return (
    <Step title="Sign up">
      <AskForm label="Sign up" does="Sign up" failed="You are not signed up" send={send}>
        <NameField value={name} onChange={setName} />
        <EmailField value={typed} onChange={setEmail} />
        <NewPasswordField value={password} onChange={setPassword} />
      </AskForm>
      <Typography variant="body2">
        You have an account? <Link href={leadingTo(accountPages.signIn, next)}>Sign in</Link>
      </Typography>
    </Step>
  )
}
