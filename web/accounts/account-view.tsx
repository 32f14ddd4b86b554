'use client'
/** My account: who I am, how I sign in, and where I am signed in. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { useCallback, useState } from 'react'
import { Answered } from '../storefront/answered.tsx'
import { useAsked, valueIn } from '../storefront/asking.ts'
import { accounts } from '../storefront/clients.ts'
import { signOut, useSession } from '../storefront/session.tsx'
import type { Profile } from '../storefront/shapes.ts'
import { SignInFirst } from '../storefront/sign-in-first.tsx'
import { accountPages } from './addresses.ts'
import { PasswordSection } from './password-section.tsx'
import { EmailSection, NameSection } from './profile-section.tsx'
import { SecondFactorSection } from './second-factor-section.tsx'
import { SessionsSection } from './sessions-section.tsx'

/** `home`: where the person comes from, and goes back to. */
export function AccountView({ home }: { readonly home: string }) {
  const session = useSession()
  return (
    <Box sx={{ maxWidth: 560, mx: 'auto', display: 'flex', flexDirection: 'column', gap: 2.5 }}>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1 }}>
        <Typography variant="h1" sx={{ flexGrow: 1 }}>
          Your account
        </Typography>
        <Button href={home}>To the shop</Button>
        {session.state !== 'nobody' && <Button onClick={() => void signOut(accountPages.signIn)}>Sign out</Button>}
      </Box>
      {session.state === 'nobody' ? <SignInFirst /> : <Mine />}
    </Box>
  )
}

function Mine() {
  const asked = useAsked(useCallback(() => valueIn(accounts.me()), []))
  return (
    <Answered asked={asked} what="Your account">
      {who => <Sections who={who} again={asked.again} />}
    </Answered>
  )
}

function Sections({ who, again }: { readonly who: Profile; again(): void }) {
  // Each time all sessions are others: the list is asked for anew.
  const [renewals, setRenewals] = useState(0)
  const renewed = (): void => {
    setRenewals(before => before + 1)
    again()
  }
  return (
    <>
      <NameSection who={who} changed={again} />
      <EmailSection who={who} />
      <PasswordSection email={who.email} changed={renewed} />
      <SecondFactorSection isOn={who.secondFactor} changed={renewed} />
      <SessionsSection key={renewals} />
    </>
  )
}
