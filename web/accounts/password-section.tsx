'use client'
/** Changes my password; wherever else I am signed in, I am signed out. */
import { useState } from 'react'
import { valueIn } from '../asking/asking.ts'
import { AskForm } from './ask-form.tsx'
import { NewPasswordField, PasswordField } from './fields.tsx'
import { useAccounts } from './place.tsx'
import { Said, Section } from './section.tsx'

export interface PasswordSectionProps {
  readonly email: string
  /** Sessions are others than before. */
  changed(): void
}

export function PasswordSection({ email, changed }: PasswordSectionProps) {
  const { accounts } = useAccounts()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [said, setSaid] = useState('')
  const send = async (): Promise<void> => {
    setSaid('')
    await valueIn(accounts.changePassword({ body: { current, next } }))
    setCurrent('')
    setNext('')
    setSaid('Your password is changed. Wherever else you were signed in, you are signed out.')
    changed()
  }
  return (
    <Section title="Password">
      <AskForm
        label="Change the password"
        does="Change the password"
        failed="Your password is as it was"
        quiet
        send={send}
      >
        {/* Whose password it is, for password managers. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        <PasswordField label="Password until now" value={current} onChange={setCurrent} />
        <NewPasswordField label="New password" value={next} onChange={setNext} />
        <Said>{said}</Said>
      </AskForm>
    </Section>
  )
}
