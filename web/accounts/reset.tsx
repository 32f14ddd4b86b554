'use client'
/** Where the link of a mail leads by which a new password is chosen. */
import { useState } from 'react'
import { refusalOf, valueIn } from '../asking/asking.ts'
import { Busy } from '../look/busy.tsx'
import { leadingTo } from './addresses.ts'
import { AskForm } from './ask-form.tsx'
import { NewPasswordField } from './fields.tsx'
import { useLinkToken } from './link-token.ts'
import { useAccounts } from './place.tsx'
import type { NextProps } from './sign-in.tsx'
import { Done, Step } from './step.tsx'

const bad = 'It is wrong, was used, or is older than half an hour. Your password is as it was.'

export function Reset({ next }: NextProps) {
  const { pages } = useAccounts()
  const link = useLinkToken()
  if (link === undefined) {
    return (
      <Step title="A new password">
        <Busy label="The link is being read" />
      </Step>
    )
  }
  if (link.kind !== 'token') {
    const asking = { does: 'Ask for a link', to: leadingTo(pages.forgotten, next) }
    return <Done title="A new password" text="It takes the link of a mail to choose one." {...asking} />
  }
  return <Choosing key={link.token} token={link.token} next={next} />
}

function Choosing({ token, next }: NextProps & { readonly token: string }) {
  const { pages, signingIn } = useAccounts()
  const [password, setPassword] = useState('')
  const [state, setState] = useState<'asked' | 'done' | 'invalid'>('asked')
  const send = async (): Promise<void> => {
    try {
      await valueIn(signingIn.reset({ body: { token, password } }))
      setState('done')
    } catch (error) {
      if (refusalOf(error).code !== 'link-invalid') throw error
      setState('invalid')
    }
  }
  if (state === 'invalid') {
    const to = leadingTo(pages.forgotten, next)
    return <Done title="This link is good no more" text={bad} does="Ask for a link" to={to} />
  }
  if (state === 'done') {
    const text = 'Wherever you were signed in, you are signed out. Sign in with the new one.'
    return <Done title="Your password is changed" text={text} does="Sign in" to={leadingTo(pages.signIn, next)} />
  }
  return (
    <Step title="A new password">
      <AskForm label="A new password" does="Use this password" failed="Your password is as it was" send={send}>
        <NewPasswordField label="New password" value={password} onChange={setPassword} />
      </AskForm>
    </Step>
  )
}
