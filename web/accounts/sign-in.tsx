'use client'
/** Signs in: address and password, then the second factor where there is one; and back to where one was. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Link from '@mui/material/Link'
import Typography from '@mui/material/Typography'
import { type ReactNode, type SyntheticEvent, useState } from 'react'
import { Failure } from '../look/failure.tsx'
import { Field } from '../look/field.tsx'
import { type Refusal, refusalOf, valueIn } from '../storefront/asking.ts'
import { signingIn } from '../storefront/clients.ts'
import { accountPages, leadingTo } from './addresses.ts'
import { EmailField, PasswordField } from './fields.tsx'
import { nextPage } from './next-page.ts'

export interface SignInProps {
  /** Where one was, as the address says it: it may be anybody's. */
  readonly next: string | undefined
  readonly otherwise: string
}

export function SignIn({ next, otherwise }: SignInProps) {
  const [challenge, setChallenge] = useState<string>()
  // A document of its own: nothing of the person before stays.
  const enter = (): void => location.assign(nextPage(next, location.origin, otherwise))
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
function OtherWays({ next }: Pick<SignInProps, 'next'>) {
  return (
    <Typography variant="body2" sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, mt: 2.5 }}>
      <Link href={leadingTo(accountPages.signUp, next)}>Sign up</Link>
      <Link href={accountPages.forgotten}>Forgotten password</Link>
    </Typography>
  )
}

interface FormProps {
  readonly label: string
  readonly does: string
  readonly children: ReactNode
  /** Resolves when it is done; rejects with why not. */
  send(): Promise<void>
}

function Form({ label, does, children, send }: FormProps) {
  const [busy, setBusy] = useState(false)
  const [why, setWhy] = useState<Refusal>()
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
      {why && <Failure title="You are not signed in" detail={wordsOf(why)} trace={why.trace} />}
      {/* While it is false, `loading` stands in the document as an inline style, which the page's policy refuses. */}
      <Button type="submit" variant="contained" size="large" {...(busy ? { loading: true } : {})}>
        {does}
      </Button>
    </Box>
  )
}

function wordsOf({ code, detail }: Refusal): string {
  switch (code) {
    case 'too-many-attempts':
      return 'Too many attempts: come again in a quarter of an hour.'
    case 'development-only':
      return 'This account is for a first look on one’s own machine.'
    default:
      return detail
  }
}

interface ByPasswordProps {
  entered(): void
  challenged(challenge: string): void
}

function ByPassword({ entered, challenged }: ByPasswordProps) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const send = async (): Promise<void> => {
    const said = await valueIn(signingIn.signIn({ body: { email: email.trim(), password } }))
    if (said.state === 'second-factor') challenged(said.challenge)
    else entered()
  }
  return (
    <Form label="Sign in" does="Sign in" send={send}>
      <EmailField value={email} onChange={setEmail} />
      <PasswordField label="Password" value={password} onChange={setPassword} />
    </Form>
  )
}

function BySecondFactor({ challenge, entered }: { readonly challenge: string; entered(): void }) {
  const [code, setCode] = useState('')
  const [isLost, setLost] = useState(false)
  const send = async (): Promise<void> => {
    const shown = isLost ? { recoveryCode: code.trim() } : { code: code.trim() }
    await valueIn(signingIn.secondFactor({ body: { challenge, ...shown } }))
    entered()
  }
  return (
    <Form label="Second factor" does="Go on" send={send}>
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
    </Form>
  )
}
