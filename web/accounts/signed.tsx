'use client'
/** A page of who is signed in: the ways to the others, its title, and the page itself where it is for them. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import type { ReactNode } from 'react'
import { Bar } from '../look/bar.tsx'
import { Busy } from '../look/busy.tsx'
import { Empty } from '../look/empty.tsx'
import { Failure } from '../look/failure.tsx'
import { useAccounts } from './place.tsx'
import { useSession } from './session.tsx'
import type { Profile } from './shapes.ts'
import { SignInFirst } from './sign-in-first.tsx'
import { Who } from './who.tsx'

export interface SignedProps {
  readonly title: string
  /** What somebody must be allowed to do here. Default: nothing special. */
  readonly may?: keyof Profile['may']
  /** A column to read and fill in, or all the width there is. */
  readonly wide?: boolean
  readonly children: (who: Profile) => ReactNode
}

export function Signed({ title, may, wide = false, children }: SignedProps) {
  const session = useSession()
  return (
    <>
      {session.state !== 'nobody' && <AccountBar may={session.state === 'somebody' ? session.who.may : none} />}
      <Box
        sx={{
          maxWidth: wide ? 'none' : 560,
          mx: 'auto',
          display: 'flex',
          flexDirection: 'column',
          gap: 2.5,
          minWidth: 0,
        }}
      >
        <Typography variant="h1">{title}</Typography>
        {session.state === 'unknown' && <Busy label="Who is signed in" />}
        {session.state === 'nobody' && <SignInFirst />}
        {session.state === 'unanswered' && (
          <Failure title="The accounts do not answer" trace={session.trace} again={() => location.reload()} />
        )}
        {session.state === 'somebody' && (may === undefined || session.who.may[may]) && children(session.who)}
        {session.state === 'somebody' && may !== undefined && !session.who.may[may] && (
          <Empty title="This page is not for you">
            You are signed in as {session.who.name}, who may not do what is done here.
          </Empty>
        )}
      </Box>
    </>
  )
}

const none: Profile['may'] = { people: false, keys: false }

function AccountBar({ may }: { readonly may: Profile['may'] }) {
  const { pages, home, title } = useAccounts()
  const ways = [
    { href: pages.account, label: 'Account', exact: true },
    ...(may.keys ? [{ href: pages.keys, label: 'API keys' }] : []),
    ...(may.people ? [{ href: pages.people, label: 'People' }] : []),
    ...(may.people ? [{ href: pages.audit, label: 'Audit trail' }] : []),
  ]
  return (
    <Bar label="Accounts" ways={ways}>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', justifyContent: 'flex-end', alignItems: 'center', ml: 'auto' }}>
        <Button size="small" color="inherit" href={home} sx={{ color: 'text.secondary' }}>
          Back to {title}
        </Button>
        <Who home={pages.signIn} />
      </Box>
    </Bar>
  )
}
