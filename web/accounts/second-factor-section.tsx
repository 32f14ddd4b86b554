'use client'
/** The second factor: adding one, new recovery codes, doing without it. Each asks for the password again. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { useState } from 'react'
import { valueIn } from '../asking/asking.ts'
import { AskForm } from './ask-form.tsx'
import { type Begun, Enrolment } from './enrolment.tsx'
import { PasswordField } from './fields.tsx'
import { useAccounts } from './place.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'
import { Said, Section } from './section.tsx'

export interface SecondFactorSectionProps {
  readonly isOn: boolean
  /** It is on or off now, and sessions are others than before. */
  changed(): void
}

type Wish = 'add' | 'codes' | 'off'
type State =
  | { readonly at: 'rest'; readonly said?: string }
  | { readonly at: 'password'; readonly wish: Wish }
  | ({ readonly at: 'enrolment' } & Begun)
  | { readonly at: 'codes'; readonly codes: readonly string[] }

const rest: State = { at: 'rest' }

export function SecondFactorSection({ isOn, changed }: SecondFactorSectionProps) {
  const { accounts } = useAccounts()
  const [state, setState] = useState<State>(rest)
  const finish = (said: string): void => {
    setState({ at: 'rest', said })
    changed()
  }
  const sent = async (wish: Wish, password: string): Promise<void> => {
    const body = { password }
    if (wish === 'add') setState({ at: 'enrolment', ...(await valueIn(accounts.addSecondFactor({ body }))) })
    if (wish === 'codes') {
      const { recoveryCodes } = await valueIn(accounts.recoveryCodes({ body }))
      setState({ at: 'codes', codes: recoveryCodes })
    }
    if (wish === 'off') {
      await valueIn(accounts.removeSecondFactor({ body }))
      finish('The second factor is off. Wherever else you were signed in, you are signed out.')
    }
  }
  return (
    <Section title="Second factor">
      {state.at === 'rest' && <Resting isOn={isOn} wish={wish => setState({ at: 'password', wish })} />}
      {state.at === 'password' && <Asking wish={state.wish} sent={sent} cancel={() => setState(rest)} />}
      {state.at === 'enrolment' && (
        <Enrolment
          {...state}
          cancel={() => setState(rest)}
          done={() => finish('The second factor is on. Wherever else you were signed in, you are signed out.')}
        />
      )}
      {state.at === 'codes' && (
        <>
          <RecoveryCodes codes={state.codes} />
          <Button variant="outlined" sx={{ alignSelf: 'flex-start' }} onClick={() => setState(rest)}>
            I have kept them
          </Button>
        </>
      )}
      <Said>{state.at === 'rest' ? state.said : undefined}</Said>
    </Section>
  )
}

function Resting({ isOn, wish }: { readonly isOn: boolean; wish(wish: Wish): void }) {
  return (
    <>
      <Typography variant="body2">
        {isOn
          ? 'It is on: at each sign-in you are asked for a code of your authenticator app.'
          : 'With it, a stolen password alone lets nobody in: at each sign-in you type a code that an app on your phone shows.'}
      </Typography>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1 }}>
        {!isOn && <Wished does="Add a second factor" run={() => wish('add')} />}
        {isOn && <Wished does="New recovery codes" run={() => wish('codes')} />}
        {isOn && <Wished does="Do without it" run={() => wish('off')} />}
      </Box>
    </>
  )
}

function Wished({ does, run }: { readonly does: string; run(): void }) {
  return (
    <Button variant="outlined" onClick={run}>
      {does}
    </Button>
  )
}

const wishes: Readonly<Record<Wish, { readonly why: string; readonly does: string; readonly failed: string }>> = {
  add: { why: 'So that nobody else adds one for you:', does: 'Go on', failed: 'The second factor is not on' },
  codes: {
    why: 'The codes until now will be good no more.',
    ...{ does: 'Make new codes', failed: 'The codes are as they were' },
  },
  off: {
    why: 'Then your password alone lets somebody in.',
    ...{ does: 'Do without it', failed: 'The second factor is still on' },
  },
}

interface AskingProps {
  readonly wish: Wish
  sent(wish: Wish, password: string): Promise<void>
  cancel(): void
}

function Asking({ wish, sent, cancel }: AskingProps) {
  const [password, setPassword] = useState('')
  const { why, does, failed } = wishes[wish]
  const send = (): Promise<void> => sent(wish, password)
  return (
    <AskForm label={does} {...{ does, failed, send }} beside={<Button onClick={cancel}>Cancel</Button>}>
      <Typography variant="body2">{why}</Typography>
      <PasswordField value={password} onChange={setPassword} />
    </AskForm>
  )
}
