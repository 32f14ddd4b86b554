'use client'
/** The people of a system, for whoever manages them: found by name, address and role; and inviting somebody. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useCallback, useEffect, useState } from 'react'
import { useAsked, valueIn } from '../asking/asking.ts'
import { Empty } from '../look/empty.tsx'
import { Choice, Field } from '../look/field.tsx'
import { TextLink } from '../look/links.tsx'
import { Invite } from './invite.tsx'
import { list, quiet, row } from './list-look.ts'
import { Paged } from './paged.tsx'
import { PersonMarks } from './person-marks.tsx'
import { useAccounts } from './place.tsx'
import { Said } from './section.tsx'
import type { Choices, Person } from './shapes.ts'
import { Signed } from './signed.tsx'

export function PeopleView() {
  return (
    <Signed title="People" may="people" wide>
      {() => <People />}
    </Signed>
  )
}

function People() {
  const { accounts } = useAccounts()
  const [search, setSearch] = useState('')
  const [role, setRole] = useState('')
  const [isInviting, setInviting] = useState(false)
  const [said, setSaid] = useState('')
  // Each time somebody is new the list is another.
  const [invitations, setInvitations] = useState(0)
  const choices = useAsked(useCallback(() => valueIn(accounts.choices()), [accounts])).value
  const invited = (email: string): void => {
    setInviting(false)
    setInvitations(before => before + 1)
    setSaid(`A mail is on its way to ${email}: its link is good for half an hour.`)
  }
  const begin = (): void => {
    setSaid('')
    setInviting(true)
  }
  return (
    <>
      {isInviting && choices && <Invite choices={choices} invited={invited} cancel={() => setInviting(false)} />}
      {!isInviting && (
        <Button variant="contained" disabled={!choices} onClick={begin} sx={{ alignSelf: 'flex-start' }}>
          Invite somebody
        </Button>
      )}
      <Said>{said}</Said>
      <Filters {...{ choices, role, setRole }} told={setSearch} />
      <Found key={invitations} {...{ search, role }} />
    </>
  )
}

const typingMs = 350

interface FiltersProps {
  readonly choices: Choices | undefined
  readonly role: string
  setRole(role: string): void
  told(search: string): void
}

function Filters({ choices, role, setRole, told }: FiltersProps) {
  const [typed, setTyped] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => told(typed.trim()), typingMs)
    return () => clearTimeout(timer)
  }, [typed, told])
  const roles = (choices?.roles ?? []).map(each => ({ value: each, label: each }))
  return (
    <Box
      component="form"
      role="search"
      aria-label="Which people"
      onSubmit={event => event.preventDefault()}
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 2 }}
    >
      <Field
        label="Name or address"
        type="search"
        width={220}
        value={typed}
        inputProps={{ maxLength: 100, autoComplete: 'off' }}
        onChange={({ target }) => setTyped(target.value)}
      />
      <Choice
        label="Role"
        width={160}
        value={role}
        options={[{ value: '', label: 'Any' }, ...roles]}
        onChange={setRole}
      />
    </Box>
  )
}

function Found({ search, role }: { readonly search: string; readonly role: string }) {
  const { accounts } = useAccounts()
  const load = useCallback(
    (after: string | undefined) => {
      const query = { ...(search && { search }), ...(role && { role }), ...(after !== undefined && { after }) }
      return valueIn(accounts.people({ query }))
    },
    [accounts, search, role],
  )
  return (
    <Paged<Person> load={load} what="The people" more="More people" none={<Empty title="Nobody is like that" />}>
      {people => (
        <Card component="ul" aria-label="People" sx={list}>
          {people.map(person => (
            <PersonRow key={person.userId} person={person} />
          ))}
        </Card>
      )}
    </Paged>
  )
}

function PersonRow({ person }: { readonly person: Person }) {
  const { pages } = useAccounts()
  return (
    <Box component="li" sx={row}>
      <Box sx={{ minWidth: 0 }}>
        <Typography variant="h3" component="p" sx={{ overflowWrap: 'anywhere' }}>
          {/* All of the row leads there. */}
          <TextLink
            href={`${pages.people}/${person.userId}`}
            prefetch={false}
            color="inherit"
            sx={{ '&::after': { content: '""', position: 'absolute', inset: 0 } }}
          >
            {person.name}
          </TextLink>
        </Typography>
        <Typography variant="body2" sx={quiet}>
          {person.email}
        </Typography>
      </Box>
      <PersonMarks person={person} />
    </Box>
  )
}
