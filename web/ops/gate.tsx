'use client'
/** Operations' pages are for operators: anybody else is told so, before anything is asked for. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import type { ReactNode } from 'react'
import { useAccounts } from '../accounts/place.tsx'
import { useSession } from '../accounts/session.tsx'
import { SignInFirst } from '../accounts/sign-in-first.tsx'
import { Busy } from '../look/busy.tsx'
import { Empty } from '../look/empty.tsx'
import { Failure } from '../look/failure.tsx'

export function Gate({ children }: { readonly children: ReactNode }) {
  const session = useSession()
  if (session.state === 'somebody' && session.who.roles.includes('operator')) return children
  return (
    <>
      <Typography variant="h1" sx={{ mb: 2.5 }}>
        Operations
      </Typography>
      {session.state === 'unknown' && <Busy label="Who is signed in" />}
      {session.state === 'nobody' && (
        <SignInFirst title="Sign in to go on">These pages are for operators of the shop.</SignInFirst>
      )}
      {session.state === 'unanswered' && (
        <Failure title="The accounts do not answer" trace={session.trace} again={() => location.reload()} />
      )}
      {session.state === 'somebody' && <NotYours name={session.who.name} />}
    </>
  )
}

function NotYours({ name }: { readonly name: string }) {
  const { signInAddress, signOut } = useAccounts()
  return (
    <Box sx={{ maxWidth: 480, mx: 'auto' }}>
      <Empty title="These pages are for operators of the shop">
        You are signed in as {name}.
        <Box sx={{ mt: 2 }}>
          <Button variant="contained" onClick={() => void signOut(signInAddress('/ops'))}>
            Sign in as somebody else
          </Button>
        </Box>
      </Empty>
    </Box>
  )
}
