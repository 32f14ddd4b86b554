'use client'
/** Who is signed in, with the way out; or the way in. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { usePathname } from 'next/navigation'
import { signOut, useSession } from './session.tsx'
import { signInAddress } from './sign-in-first.tsx'

/** `home`: where one is after signing out. */
export function Who({ home }: { readonly home: string }) {
  const session = useSession()
  const here = usePathname()
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
      <Typography component="span" variant="body2" sx={{ fontWeight: 620, px: 0.5 }}>
        {session.who.name}
      </Typography>
      <Button size="small" color="inherit" onClick={() => void signOut(home)} sx={{ color: 'text.secondary' }}>
        Sign out
      </Button>
    </Box>
  )
}
