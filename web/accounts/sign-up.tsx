'use client'
/** Signs up: name, address and a password; then the address is confirmed by a mail. */
import Link from '@mui/material/Link'
import Typography from '@mui/material/Typography'
import { useState } from 'react'
import { valueIn } from '../asking/asking.ts'
import { leadingTo } from './addresses.ts'
import { AskForm } from './ask-form.tsx'
import { CheckYourMail } from './check-your-mail.tsx'
import { EmailField, NameField, NewPasswordField } from './fields.tsx'
import { leading } from './next-page.ts'
import { useAccounts } from './place.tsx'
import type { NextProps } from './sign-in.tsx'
import { Done, Step } from './step.tsx'

export function SignUp({ next }: NextProps) {
  const { pages, signUp, signingIn, title } = useAccounts()
  const [sentTo, setSentTo] = useState<string>()
  if (!signUp) {
    const text = `Ask whoever manages the people of ${title}: you get a mail, and choose a password with its link.`
    return <Done title="Here people are invited" text={text} does="Sign in" to={leadingTo(pages.signIn, next)} />
  }
  if (sentTo === undefined) return <SignUpForm next={next} done={setSentTo} />
  const again = async (): Promise<void> => {
    await valueIn(signingIn.sendAgain({ body: { email: sentTo, ...leading(next) } }))
  }
  return (
    <CheckYourMail again={again} back={() => setSentTo(undefined)}>
      We wrote to <strong>{sentTo}</strong>. Open the link in that mail within a day; then you can sign in.
    </CheckYourMail>
  )
}

interface SignUpFormProps extends NextProps {
  done(email: string): void
}

function SignUpForm({ next, done }: SignUpFormProps) {
  const { pages, signingIn } = useAccounts()
  const [name, setName] = useState('')
  const [typed, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const send = async (): Promise<void> => {
    const email = typed.trim()
    await valueIn(signingIn.signUp({ body: { name, email, password, ...leading(next) } }))
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
        You have an account? <Link href={leadingTo(pages.signIn, next)}>Sign in</Link>
      </Typography>
    </Step>
  )
}
