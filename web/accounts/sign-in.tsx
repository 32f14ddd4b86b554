'use client'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Link from '@mui/material/Link'
import Typography from '@mui/material/Typography'
import { useState } from 'react'
import { valueIn } from '../asking/asking.ts'
import { Field } from '../look/field.tsx'
import { leadingTo } from './addresses.ts'
import { AskForm } from './ask-form.tsx'
import { EmailField, PasswordField } from './fields.tsx'
import { nextPage } from './next-page.ts'
import { useAccounts } from './place.tsx'

const refused = 'You are not signed in'

export interface NextProps {
  /** Where one wanted to go, as the address says it: it may be anybody's. */
  readonly next: string | undefined
}

export function SignIn({ next }: NextProps) {
  const { home } = useAccounts()
  const [challenge, setChallenge] = useState<string>()
  // A document of its own: nothing of the person before stays.
  const enter = (): void => location.assign(nextPage(next, location.origin, home))
  return (
    <Card sx={{ maxWidth: 420, mx: 'auto', my: { sm: '4vh' }, p: { xs: 2.5, sm: 3.5 } }}>
      <Typography variant="h2" component="h1" sx={{ mb: 2.5 }}>
        {challenge === undefined ? 'Sign in' : 'One step more'}
      </Typography>
      {challenge === undefined ? (
        <>
          <ByPassword entered={enter} challenged={setChallenge} />
          <OtherWays next={next} />
        </>
      ) : (
        <BySecondFactor challenge={challenge} entered={enter} />
      )}
    </Card>
  )
}

/** For who cannot sign in yet, or no more. */
function OtherWays({ next }: NextProps) {
  const { pages, signUp } = useAccounts()
  return (
    <Typography variant="body2" sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, mt: 2.5 }}>
      {signUp && <Link href={leadingTo(pages.signUp, next)}>Sign up</Link>}
      <Link href={leadingTo(pages.forgotten, next)}>Forgotten password</Link>
    </Typography>
  )
}

interface ByPasswordProps {
  entered(): void
  challenged(challenge: string): void
}

function ByPassword({ entered, challenged }: ByPasswordProps) {
  const { signingIn } = useAccounts()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const send = async (): Promise<void> => {
    const said = await valueIn(signingIn.signIn({ body: { email: email.trim(), password } }))
    if (said.state === 'second-factor') challenged(said.challenge)
    else entered()
  }
  return (
    <AskForm label="Sign in" does="Sign in" failed={refused} send={send}>
      <EmailField value={email} onChange={setEmail} />
      <PasswordField label="Password" value={password} onChange={setPassword} />
    </AskForm>
  )
}

function BySecondFactor({ challenge, entered }: { readonly challenge: string; entered(): void }) {
  const { signingIn } = useAccounts()
  const [code, setCode] = useState('')
  const [isLost, setLost] = useState(false)
  const send = async (): Promise<void> => {
    const shown = isLost ? { recoveryCode: code.trim() } : { code: code.trim() }
    await valueIn(signingIn.secondFactor({ body: { challenge, ...shown } }))
    entered()
  }
  return (
    <AskForm label="Second factor" does="Go on" failed={refused} send={send}>
      <Field
        label={isLost ? 'Recovery code' : 'Code of your authenticator app'}
        name="code"
        autoComplete="one-time-code"
        autoFocus
        required
        value={code}
        inputProps={isLost ? {} : { inputMode: 'numeric', maxLength: 6 }}
        onChange={({ target }) => setCode(target.value)}
      />
      <Button size="small" onClick={() => setLost(before => !before)} sx={{ alignSelf: 'flex-start' }}>
        {isLost ? 'Use the app' : 'I do not have the app at hand'}
      </Button>
    </AskForm>
  )
}
