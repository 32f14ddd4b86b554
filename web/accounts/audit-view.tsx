'use client'
/** The audit trail: who did what, when and from where; by person, kind and time. */
import Box from '@mui/material/Box'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useCallback, useEffect, useState } from 'react'
import { valueIn } from '../asking/asking.ts'
import { Empty } from '../look/empty.tsx'
import { Choice, Field } from '../look/field.tsx'
import { EventList } from './event-list.tsx'
import { type EventKind, eventKinds, eventWords } from './event-words.ts'
import { Paged } from './paged.tsx'
import { useAccounts } from './place.tsx'
import type { TrailEvent } from './shapes.ts'
import { Signed } from './signed.tsx'
import { queryOf, type TrailFilter } from './trail-filter.ts'

/** `person`: an id or an address, as the page's own address says it. */
export function AuditView({ person }: { readonly person: string }) {
  return (
    <Signed title="Audit trail" may="people" wide>
      {() => <Trail person={person} />}
    </Signed>
  )
}

function Trail({ person }: { readonly person: string }) {
  const { accounts } = useAccounts()
  const [filter, setFilter] = useState<TrailFilter>({ person, kind: '', from: '', to: '' })
  const change = useCallback((changes: Partial<TrailFilter>) => setFilter(before => ({ ...before, ...changes })), [])
  const load = useCallback(
    (after: string | undefined) => {
      const query = { ...queryOf(filter), ...(after !== undefined && { after }) }
      return valueIn(accounts.auditTrail({ query }))
    },
    [accounts, filter],
  )
  return (
    <>
      <Typography variant="body2">What happened is kept for a year; nobody changes it.</Typography>
      <Filters filter={filter} change={change} />
      <Paged<TrailEvent>
        load={load}
        what="The audit trail"
        more="Earlier ones"
        none={<Empty title="Nothing like that" />}
      >
        {events => (
          <Card sx={{ px: { xs: 2, sm: 2.5 }, py: 0.5 }}>
            <EventList events={events} names />
          </Card>
        )}
      </Paged>
    </>
  )
}

const typingMs = 350

interface FiltersProps {
  readonly filter: TrailFilter
  change(changes: Partial<TrailFilter>): void
}

function Filters({ filter, change }: FiltersProps) {
  const [person, setPerson] = useState(filter.person)
  useEffect(() => {
    if (person.trim() === filter.person) return undefined
    const timer = setTimeout(() => change({ person: person.trim() }), typingMs)
    return () => clearTimeout(timer)
  }, [person, filter.person, change])
  const kinds = eventKinds.map(kind => ({ value: kind, label: eventWords[kind] }))
  return (
    <Box
      component="form"
      role="search"
      aria-label="What is shown"
      onSubmit={event => event.preventDefault()}
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 2 }}
    >
      <Field
        label="Person (address or id)"
        type="search"
        width={220}
        value={person}
        inputProps={{ maxLength: 254, autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }}
        onChange={({ target }) => setPerson(target.value)}
      />
      <Choice
        label="What"
        width={200}
        value={filter.kind}
        options={[{ value: '', label: 'Anything' }, ...kinds]}
        onChange={kind => change({ kind: kind as EventKind | '' })} // one of the options
      />
      <Field
        label="From"
        type="date"
        width={140}
        value={filter.from}
        onChange={({ target }) => change({ from: target.value })}
      />
      <Field
        label="To"
        type="date"
        width={140}
        value={filter.to}
        onChange={({ target }) => change({ to: target.value })}
      />
    </Box>
  )
}
