'use client'
/** Which orders the board shows: of a state, or of a customer; placed between two days. */
import Box from '@mui/material/Box'
import ToggleButton from '@mui/material/ToggleButton'
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup'
import { useEffect, useState } from 'react'
import { Field } from '../look/field.tsx'
import type { OrderState } from '../storefront/shapes.ts'
import { stateNames, states } from '../storefront/states.ts'
import { type Filter, filtered } from './board.ts'
import { useOpsDispatch } from './store.tsx'

const typingMs = 350

const toggles = {
  '& .MuiToggleButton-root': { color: 'text.secondary', bgcolor: 'background.paper', px: 1.75 },
  '& .MuiToggleButton-root.Mui-selected': {
    color: 'primary.contrastText',
    bgcolor: 'primary.main',
    '&:hover': { bgcolor: 'primary.dark' },
  },
}

export function BoardFilters({ filter }: { readonly filter: Filter }) {
  const dispatch = useOpsDispatch()
  const change = (changes: Partial<Filter>): void => void dispatch(filtered(changes))
  return (
    <Box component="form" aria-label="Which orders" onSubmit={event => event.preventDefault()} sx={{ mb: 2.5 }}>
      <Box sx={{ overflowX: 'auto', mb: 2, p: 0.5, m: -0.5, scrollbarWidth: 'none' }}>
        <ToggleButtonGroup
          exclusive
          size="small"
          aria-label="State"
          value={filter.customer === '' ? filter.state : null}
          sx={toggles}
          onChange={(_event, state: OrderState | null) => state && change({ state, customer: '' })}
        >
          {states.map(state => (
            <ToggleButton key={state} value={state}>
              {stateNames[state]}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      </Box>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, mt: 2 }}>
        <CustomerField value={filter.customer} told={customer => change({ customer })} />
        <Field
          label="Placed from"
          type="date"
          value={filter.from}
          onChange={({ target }) => change({ from: target.value })}
        />
        <Field label="to" type="date" value={filter.to} onChange={({ target }) => change({ to: target.value })} />
      </Box>
    </Box>
  )
}

function CustomerField({ value, told }: { readonly value: string; told(value: string): void }) {
  const [typed, setTyped] = useState(value)
  // Another choice empties it.
  useEffect(() => setTyped(value), [value])
  useEffect(() => {
    if (typed.trim() === value) return undefined
    const timer = setTimeout(() => told(typed.trim()), typingMs)
    return () => clearTimeout(timer)
  })
  return (
    <Field
      label="Customer (id)"
      type="search"
      width={180}
      value={typed}
      inputProps={{ maxLength: 200, autoComplete: 'off' }}
      onChange={({ target }) => setTyped(target.value)}
    />
  )
}
