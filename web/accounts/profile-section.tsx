'use client'
/** My name and my address. A new address counts once it is confirmed. */
import { useState } from 'react'
import { valueIn } from '../asking/asking.ts'
import { AskForm } from './ask-form.tsx'
import { EmailField, NameField, PasswordField } from './fields.tsx'
import { useAccounts } from './place.tsx'
import { Said, Section } from './section.tsx'
import type { Profile } from './shapes.ts'

export function NameSection({ who, changed }: { readonly who: Profile; changed(): void }) {
  const { accounts } = useAccounts()
  const [name, setName] = useState(who.name)
  const [said, setSaid] = useState('')
  const send = async (): Promise<void> => {
    setSaid('')
    const { name: kept } = await valueIn(accounts.changeName({ body: { name } }))
    setSaid(`You are ${kept} from now on.`)
    changed()
  }
  return (
    <Section title="Name">
      <AskForm label="Change the name" does="Keep this name" failed="Your name is as it was" quiet send={send}>
        <NameField value={name} onChange={setName} />
        <Said>{said}</Said>
      </AskForm>
    </Section>
  )
}

export function EmailSection({ who }: { readonly who: Profile }) {
  const { accounts } = useAccounts()
  const [email, setEmail] = useState(who.email)
  const [password, setPassword] = useState('')
  const [said, setSaid] = useState('')
  const send = async (): Promise<void> => {
    setSaid('')
    await valueIn(accounts.changeEmail({ body: { email: email.trim(), password } }))
    setPassword('')
    setSaid(`Open the link that we sent to ${email.trim()}. Until then your address is ${who.email}.`)
  }
  return (
    <Section title="E-mail address">
      <AskForm label="Change the address" does="Use this address" failed="Your address is as it was" quiet send={send}>
        <EmailField auto="email" value={email} onChange={setEmail} />
        <PasswordField value={password} onChange={setPassword} />
        <Said>{said}</Said>
      </AskForm>
    </Section>
  )
}
