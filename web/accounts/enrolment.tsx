'use client'
/** A second factor that begins: the secret for the app, the recovery codes, and a first code that shows it works. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Link from '@mui/material/Link'
import Typography from '@mui/material/Typography'
import { useMemo, useState } from 'react'
import { valueIn } from '../asking/asking.ts'
import { Field } from '../look/field.tsx'
import { mono } from '../look/theme.ts'
import { AskForm } from './ask-form.tsx'
import { useAccounts } from './place.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'
import { squaresOf } from './squares.ts'

export interface Begun {
  /** What the app reads: `otpauth://…` */
  readonly uri: string
  readonly recoveryCodes: readonly string[]
}

export interface EnrolmentProps extends Begun {
  done(): void
  cancel(): void
}

export function Enrolment({ uri, recoveryCodes, done, cancel }: EnrolmentProps) {
  const { accounts } = useAccounts()
  const [code, setCode] = useState('')
  const send = async (): Promise<void> => {
    await valueIn(accounts.confirmSecondFactor({ body: { code: code.trim() } }))
    done()
  }
  return (
    <>
      <Typography variant="h3">1. Let your authenticator app read this</Typography>
      <Secret uri={uri} />
      <Typography variant="h3">2. Keep the recovery codes</Typography>
      <RecoveryCodes codes={recoveryCodes} />
      <Typography variant="h3">3. Type the code that the app shows now</Typography>
      <AskForm
        label="First code"
        does="Ask for it from now on"
        failed="The second factor is not on yet"
        beside={<Button onClick={cancel}>Not now</Button>}
        send={send}
      >
        <Field
          {...{ label: 'Code of the app', name: 'code', autoComplete: 'one-time-code', required: true, value: code }}
          inputProps={{ inputMode: 'numeric', maxLength: 6 }}
          onChange={({ target }) => setCode(target.value)}
        />
      </AskForm>
    </>
  )
}

function Secret({ uri }: { readonly uri: string }) {
  const { side, path } = useMemo(() => squaresOf(uri), [uri])
  const secret = new URL(uri).searchParams.get('secret') ?? ''
  return (
    <>
      {/* Black on white by night, too: apps read nothing else well. */}
      <Box
        component="svg"
        role="img"
        aria-label="QR code for an authenticator app"
        viewBox={`0 0 ${side} ${side}`}
        shapeRendering="crispEdges"
        sx={{ width: 208, maxWidth: '100%', borderRadius: 1 }}
      >
        <rect width={side} height={side} fill="#ffffff" />
        <path d={path} fill="#000000" />
      </Box>
      <Typography variant="body2">
        No camera at hand? <Link href={uri}>Open the app on this device</Link>, or type this into it:
      </Typography>
      <Box component="code" data-testid="secret" sx={{ fontFamily: mono, overflowWrap: 'anywhere' }}>
        {secret.match(/.{1,4}/g)?.join(' ')}
      </Box>
    </>
  )
}
