'use client'
/** Makes an account for somebody, who gets a mail and chooses a password with its link. */
import Button from '@mui/material/Button'
import { useState } from 'react'
import { valueIn } from '../asking/asking.ts'
import { Choice, Field } from '../look/field.tsx'
import { AskForm } from './ask-form.tsx'
import { Checks } from './checks.tsx'
import { EmailField } from './fields.tsx'
import { useAccounts } from './place.tsx'
import { notesOn } from './role-notes.ts'
import { Section } from './section.tsx'
import type { Choices } from './shapes.ts'

export interface InviteProps {
  readonly choices: Choices
  invited(email: string): void
  cancel(): void
}

export function Invite({ choices, invited, cancel }: InviteProps) {
  const { accounts } = useAccounts()
  const [name, setName] = useState('')
  const [typed, setEmail] = useState('')
  const [roles, setRoles] = useState<readonly string[]>([])
  const [tenant, setTenant] = useState('')
  const send = async (): Promise<void> => {
    const email = typed.trim()
    await valueIn(accounts.invite({ body: { name, email, roles: [...roles], ...(tenant && { tenant }) } }))
    invited(email)
  }
  const beside = <Button onClick={cancel}>Cancel</Button>
  return (
    <Section title="Invite somebody">
      <AskForm label="Invite somebody" does="Send the mail" failed="Nobody was invited" {...{ beside, send }}>
        <Field
          {...{ label: 'Their name', name: 'invited', required: true, autoComplete: 'off', autoFocus: true }}
          inputProps={{ maxLength: 100 }}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <EmailField label="Their e-mail address" auto="off" value={typed} onChange={setEmail} />
        <Checks
          label="Their roles"
          options={choices.roles}
          chosen={roles}
          notes={notesOn(choices)}
          onChange={setRoles}
        />
        <TenantField tenants={choices.tenants} value={tenant} onChange={setTenant} />
      </AskForm>
    </Section>
  )
}

interface TenantFieldProps {
  readonly tenants: Choices['tenants']
  readonly value: string
  onChange(value: string): void
}

/** Nothing where there is nothing to choose. */
function TenantField({ tenants, value, onChange }: TenantFieldProps) {
  if (tenants === 'open') {
    return <Field label="Whose they are" value={value} onChange={({ target }) => onChange(target.value)} />
  }
  if (tenants.length === 0) return null
  const options = [{ value: '', label: 'Nobody’s' }, ...tenants.map(each => ({ value: each, label: each }))]
  return <Choice label="Whose they are" value={value} options={options} onChange={onChange} />
}
