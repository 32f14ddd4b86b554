'use client'
/** The fields of accounts, with what password managers and the keyboards of phones want to know. */
import Button from '@mui/material/Button'
import { useState } from 'react'
import { Field } from '../look/field.tsx'

export interface AccountFieldProps {
  readonly label?: string
  readonly value: string
  onChange(value: string): void
}

/** Takes over what was typed, or filled in by a password manager, before the page had its scripts. */
function early({ value, onChange }: AccountFieldProps) {
  return (input: HTMLInputElement | null): void => {
    if (input && input.value !== value) onChange(input.value)
  }
}

const asTyped = { spellCheck: false, autoCapitalize: 'none', autoCorrect: 'off' } as const

/** `auto`: whose address it is: `username` to know somebody by, `email` for one that is new, `off` for somebody else's. */
export function EmailField(props: AccountFieldProps & { readonly auto?: 'username' | 'email' | 'off' }) {
  const { label = 'E-mail address', auto = 'username', value, onChange } = props
  return (
    <Field
      {...{ label, value, type: 'email', name: 'email', autoComplete: auto, required: true }}
      inputProps={{ ...asTyped, maxLength: 254 }}
      inputRef={early({ value, onChange })}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}

export function NameField({ label = 'Name', value, onChange }: AccountFieldProps) {
  return (
    <Field
      {...{ label, value, name: 'name', autoComplete: 'name', required: true }}
      inputProps={{ maxLength: 100 }}
      inputRef={early({ value, onChange })}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}

export function PasswordField({ label = 'Your password', value, onChange }: AccountFieldProps) {
  return (
    <Field
      {...{ label, value, type: 'password', name: 'password', autoComplete: 'current-password', required: true }}
      inputProps={asTyped}
      inputRef={early({ value, onChange })}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}

/** One that is chosen now. It can be looked at, so nobody has to type it twice. */
export function NewPasswordField({ label = 'Password', value, onChange }: AccountFieldProps) {
  const [shown, setShown] = useState(false)
  const show = (
    <Button size="small" aria-label={shown ? 'Hide it' : 'Show it'} onClick={() => setShown(before => !before)}>
      {shown ? 'Hide' : 'Show'}
    </Button>
  )
  return (
    <Field
      {...{ label, value, type: shown ? 'text' : 'password', name: 'new-password', required: true }}
      autoComplete="new-password"
      help="At least 12 characters. A few words of your own are good."
      inputProps={{ ...asTyped, minLength: 12, maxLength: 128 }}
      endAdornment={show}
      inputRef={early({ value, onChange })}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}
