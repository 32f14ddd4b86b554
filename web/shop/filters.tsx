'use client'
/** What the catalogue is searched and sorted by. Each change is an address; without scripts the button does it. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Checkbox from '@mui/material/Checkbox'
import FormControlLabel from '@mui/material/FormControlLabel'
import { useRouter } from 'next/navigation'
import { type SyntheticEvent, useEffect, useRef, useState, useTransition } from 'react'
import { Choice, Field } from '../look/field.tsx'
import { unseen } from '../look/unseen.ts'
import { addressOf, type Browsing, sorts } from './browsing.ts'

const sortNames = { name: 'By name', price: 'Cheapest first', 'price-down': 'Dearest first' } as const
const typingMs = 350

export function Filters(asked: Browsing) {
  const { replace } = useRouter()
  const [isMoving, move] = useTransition()
  const go = (changes: Browsing): void =>
    move(() => replace(addressOf({ ...asked, after: undefined, ...changes }), { scroll: false }))
  return (
    <Box
      component="form"
      role="search"
      aria-label="Products"
      aria-busy={isMoving}
      action="/shop"
      onSubmit={(event: SyntheticEvent) => event.preventDefault()}
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, alignItems: 'flex-end', mb: 2.5 }}
    >
      <Typed label="Search" name="search" width={220} value={asked.search} told={search => go({ search })} />
      <Typed label="Price from" name="least" value={asked.least} digits told={least => go({ least })} />
      <Typed label="Price to" name="most" value={asked.most} digits told={most => go({ most })} />
      <Choice
        label="Order"
        name="sort"
        // What is found comes in an order of its own.
        disabled={asked.search !== undefined}
        value={asked.sort ?? 'name'}
        options={sorts.map(sort => ({ value: sort, label: sortNames[sort] }))}
        onChange={value => go({ sort: sorts.find(each => each === value) })}
      />
      <FormControlLabel
        label="In stock only"
        control={
          <Checkbox
            name="available"
            value="yes"
            checked={asked.available === 'yes'}
            onChange={(_event, checked) => go({ available: checked ? 'yes' : undefined })}
          />
        }
        sx={{ mb: -0.25, mr: 0 }}
      />
      {asked.category !== undefined && <input type="hidden" name="category" value={asked.category} />}
      <Button type="submit" sx={unseen} tabIndex={-1}>
        Show
      </Button>
    </Box>
  )
}

interface TypedProps {
  readonly label: string
  readonly name: string
  readonly width?: number
  readonly value: string | undefined
  /** Only digits count. */
  readonly digits?: boolean
  told(value: string | undefined): void
}

/** A field that tells what was typed once nobody types for a moment. */
function Typed({ label, name, width, value = '', digits = false, told }: TypedProps) {
  const [typed, setTyped] = useState(value)
  const latest = useRef(told)
  latest.current = told
  useEffect(() => {
    if (typed.trim() === value) return undefined
    const timer = setTimeout(() => latest.current(typed.trim() === '' ? undefined : typed.trim()), typingMs)
    return () => clearTimeout(timer)
  }, [typed, value])
  return (
    <Field
      label={label}
      name={name}
      width={width}
      type={digits ? 'text' : 'search'}
      value={typed}
      inputProps={digits ? { inputMode: 'numeric', size: 6, maxLength: 7 } : { maxLength: 100 }}
      onChange={({ target }) => setTyped(digits ? target.value.replace(/\D/g, '') : target.value)}
    />
  )
}
