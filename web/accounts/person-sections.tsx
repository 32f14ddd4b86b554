'use client'
/** What a manager does to somebody's account. Each says what follows from it before it is done. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { useCallback, useState } from 'react'
import { type Refusal, refusalOf, useAsked, valueIn } from '../asking/asking.ts'
import { Confirm } from '../look/confirm.tsx'
import { Failure } from '../look/failure.tsx'
import { Moment } from '../look/moment.tsx'
import { agentWords } from './agent.ts'
import { AskForm } from './ask-form.tsx'
import { Checks } from './checks.tsx'
import { list, quiet } from './list-look.ts'
import { useAccounts } from './place.tsx'
import { notesOn } from './role-notes.ts'
import { Said, Section } from './section.tsx'
import type { OnePerson, Person } from './shapes.ts'
import { wordsOf } from './words.ts'

interface AboutProps {
  readonly person: Person
  changed(): void
}

export function RolesSection({ person, isMe, changed }: AboutProps & { readonly isMe: boolean }) {
  const { accounts } = useAccounts()
  const choices = useAsked(useCallback(() => valueIn(accounts.choices()), [accounts])).value
  const [chosen, setChosen] = useState<readonly string[]>(person.roles)
  const send = async (): Promise<void> => {
    const { userId } = person
    await valueIn(accounts.setRoles({ params: { userId }, body: { roles: [...chosen] } }))
    changed()
  }
  return (
    <Section title="Roles">
      {isMe && <Typography variant="body2">Nobody changes their own roles: somebody else does.</Typography>}
      {!isMe && choices && (
        <AskForm label="Roles" does="Keep these roles" failed="The roles are as they were" quiet send={send}>
          <Checks
            label="What they are"
            options={choices.roles}
            chosen={chosen}
            notes={notesOn(choices)}
            onChange={setChosen}
          />
        </AskForm>
      )}
    </Section>
  )
}

export function TheirSessions({ person, sessions, changed }: AboutProps & Pick<OnePerson, 'sessions'>) {
  const { accounts } = useAccounts()
  const { userId, name } = person
  const end = async (): Promise<string> => {
    const { ended } = await valueIn(accounts.signOutPerson({ params: { userId } }))
    return ended === 1 ? 'One session has ended.' : `${ended} sessions have ended.`
  }
  return (
    <Section title="Where they are signed in">
      {sessions.length === 0 && <Typography variant="body2">Nowhere.</Typography>}
      <Box component="ul" aria-label="Sessions" sx={list}>
        {sessions.map(session => (
          <Box component="li" key={session.sessionId} sx={{ py: 0.75 }}>
            <Typography variant="h3" component="p">
              {agentWords(session.agent)}
            </Typography>
            <Typography variant="body2" sx={quiet}>
              {session.address} · since <Moment at={session.since} /> · last seen <Moment at={session.lastSeen} />
            </Typography>
          </Box>
        ))}
      </Box>
      <Asking
        does="End all sessions"
        disabled={sessions.length === 0}
        title={`Sign ${name} out everywhere?`}
        failed="No session was ended"
        {...{ changed }}
        run={end}
      >
        Within a second they are signed out wherever they are. With their password they can sign in again.
      </Asking>
    </Section>
  )
}

export function LockSection({ person: { userId, name, locked }, changed }: AboutProps) {
  const { accounts } = useAccounts()
  const set = async (to: boolean): Promise<string> => {
    await valueIn(accounts.setLock({ params: { userId }, body: { locked: to } }))
    return to ? 'The account is locked.' : 'The account is open again.'
  }
  return (
    <Section title="Lock">
      <Typography variant="body2">
        {locked
          ? 'The account is locked: nobody signs in to it, whatever password they know.'
          : 'A locked account lets nobody in, whatever password they know, until it is opened again.'}
      </Typography>
      <Asking
        key={String(locked)}
        does={locked ? 'Open the account again' : 'Lock the account'}
        title={locked ? `Let ${name} sign in again?` : `Lock the account of ${name}?`}
        failed={locked ? 'The account is still locked' : 'The account is still open'}
        {...{ changed }}
        run={() => set(!locked)}
      >
        {locked
          ? 'They sign in with their password, and have the roles that they had.'
          : 'Within a second they are signed out wherever they are, and cannot sign in again. API keys go on.'}
      </Asking>
    </Section>
  )
}

interface AskingProps {
  readonly does: string
  readonly disabled?: boolean
  readonly title: string
  readonly failed: string
  readonly children: string
  /** Gives what was done, in words. */
  run(): Promise<string>
  changed(): void
}

/** A button that asks before it does something. */
function Asking({ does, disabled = false, title, failed, children, run, changed }: AskingProps) {
  const [isOpen, setOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState('')
  const [why, setWhy] = useState<Refusal>()
  const confirm = (): void => {
    setBusy(true)
    setWhy(undefined)
    run()
      .then(done => setSaid(done))
      .catch(error => setWhy(refusalOf(error)))
      .finally(() => {
        setBusy(false)
        setOpen(false)
        changed()
      })
  }
  return (
    <>
      <Button variant="outlined" disabled={disabled} onClick={() => setOpen(true)} sx={{ alignSelf: 'flex-start' }}>
        {does}
      </Button>
      {why && <Failure title={failed} detail={wordsOf(why)} trace={why.trace} />}
      <Said>{said}</Said>
      <Confirm open={isOpen} {...{ title, does, busy }} onConfirm={confirm} onCancel={() => setOpen(false)}>
        {children}
      </Confirm>
    </>
  )
}
