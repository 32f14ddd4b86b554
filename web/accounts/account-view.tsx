'use client'
/** My account: who I am, how I sign in, where I am signed in, and what happened. */
import { useCallback, useState } from 'react'
import { useAsked, valueIn } from '../asking/asking.ts'
import { Answered } from './answered.tsx'
import { EventsSection } from './events-section.tsx'
import { PasswordSection } from './password-section.tsx'
import { useAccounts } from './place.tsx'
import { EmailSection, NameSection } from './profile-section.tsx'
import { SecondFactorSection } from './second-factor-section.tsx'
import { SessionsSection } from './sessions-section.tsx'
import type { Profile } from './shapes.ts'
import { Signed } from './signed.tsx'

export function AccountView() {
  return <Signed title="Your account">{() => <Mine />}</Signed>
}

function Mine() {
  const { accounts } = useAccounts()
  const asked = useAsked(useCallback(() => valueIn(accounts.me()), [accounts]))
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
      <EventsSection />
    </>
  )
}
