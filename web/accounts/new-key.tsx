'use client'
/** Makes an API key: what for, what it may do, how much, how long. */
import Button from '@mui/material/Button'
import { useState } from 'react'
import { valueIn } from '../asking/asking.ts'
import { Choice, Field } from '../look/field.tsx'
import { AskForm } from './ask-form.tsx'
import { Checks } from './checks.tsx'
import { rateWords, untilIn } from './key-words.ts'
import { useAccounts } from './place.tsx'
import { Section } from './section.tsx'
import type { Keys } from './shapes.ts'

export interface NewKeyProps extends Pick<Keys, 'scopes' | 'rates'> {
  /** `text`: the key itself. */
  made(name: string, text: string): void
  cancel(): void
}

const lives = [
  { value: '', label: 'Until it is revoked' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
] as const

export function NewKey({ scopes, rates, made, cancel }: NewKeyProps) {
  const { accounts } = useAccounts()
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<readonly string[]>(scopes.slice(0, 1))
  const [rate, setRate] = useState(rates[0]?.name ?? '')
  const [days, setDays] = useState('')
  const send = async (): Promise<void> => {
    const more = { ...(rate === '' ? {} : { rate }), ...untilIn(days, new Date()) }
    const { text } = await valueIn(accounts.createKey({ body: { name, scopes: [...chosen], ...more } }))
    made(name, text)
  }
  const beside = <Button onClick={cancel}>Cancel</Button>
  return (
    <Section title="A new key">
      <AskForm label="A new key" does="Make the key" failed="No key was made" {...{ beside, send }}>
        <Field
          {...{ label: 'What it is for', name: 'name', required: true, autoComplete: 'off', autoFocus: true }}
          inputProps={{ maxLength: 100 }}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <Checks label="What it may do" options={scopes} chosen={chosen} onChange={setChosen} />
        {rates.length > 0 && (
          <Choice
            label="How much it may call"
            value={rate}
            options={rates.map(each => ({ value: each.name, label: rateWords(each) }))}
            onChange={setRate}
          />
        )}
        <Choice label="How long it is good" value={days} options={lives} onChange={setDays} />
      </AskForm>
    </Section>
  )
}
