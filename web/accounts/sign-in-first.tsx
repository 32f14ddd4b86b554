'use client'
/** What is shown to whom nobody knows yet: the way to sign in, and back here. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import { usePathname } from 'next/navigation'
import { Empty } from '../look/empty.tsx'
import { useAccounts } from './place.tsx'

export interface SignInFirstProps {
  readonly title?: string
  readonly children?: string
}

export function SignInFirst({ title = 'Sign in to see this', children }: SignInFirstProps) {
  const here = usePathname()
  const { signInAddress } = useAccounts()
  return (
    <Box sx={{ maxWidth: 480, mx: 'auto', my: { xs: 2, sm: 4 } }}>
      <Empty title={title}>
        {children}
        <Box sx={{ mt: 2 }}>
          {/* A document of its own: nothing of the person before stays. */}
          <Button href={signInAddress(here)} variant="contained">
            Sign in
          </Button>
        </Box>
      </Empty>
    </Box>
  )
}
