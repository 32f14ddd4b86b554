'use client'
/** Who is signed in, with the ways to their account and out; or the way in. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import { usePathname } from 'next/navigation'
import { useAccounts } from './place.tsx'
import { useSession } from './session.tsx'

/** `home`: where one is after signing out. */
export function Who({ home }: { readonly home: string }) {
  const session = useSession()
  const here = usePathname()
  const { pages, signInAddress, signOut } = useAccounts()
  if (session.state === 'nobody') {
    return (
      <Button size="small" href={signInAddress(here)} sx={{ ml: 'auto' }}>
        Sign in
      </Button>
    )
  }
  if (session.state !== 'somebody') return <Box sx={{ minHeight: 31 }} />
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', ml: 'auto' }}>
      <Button size="small" color="inherit" href={pages.account}>
        {session.who.name}
      </Button>
      <Button size="small" color="inherit" onClick={() => void signOut(home)} sx={{ color: 'text.secondary' }}>
        Sign out
      </Button>
    </Box>
  )
}
