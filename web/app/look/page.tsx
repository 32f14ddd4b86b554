/** The parts that pages are made of, all at once: to look at, and for tests. */
import Stack from '@mui/material/Stack'
import Typography from '@mui/material/Typography'
import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { Busy } from '../../look/busy.tsx'
import { Empty } from '../../look/empty.tsx'
import { Failure } from '../../look/failure.tsx'
import { Moment } from '../../look/moment.tsx'
import { Money } from '../../look/money.tsx'
import { NotStarted } from '../../look/not-started.tsx'

export const metadata: Metadata = { title: 'The parts of pages' }

export default function LookPage() {
  return (
    <Stack spacing={4} sx={{ maxWidth: 640 }}>
      <Typography variant="h1">The parts of pages</Typography>
      <Part title="Busy">
        <Busy label="Orders are fetched" />
      </Part>
      <Part title="Empty">
        <Empty title="No orders yet">The first order will stand here.</Empty>
      </Part>
      <Part title="Not started">
        <NotStarted name="storefront" />
      </Part>
      <Part title="Failure">
        <Failure
          title="The order was not placed"
          detail="The shop does not answer."
          trace="4bf92f3577b34da6a3ce929d0e0e4736"
        />
      </Part>
      <Part title="Money and time">
        <Typography component="div">
          <Money amount={129900} currency="EUR" />, <Money amount={500} currency="JPY" />,{' '}
          <Moment at="2026-03-01T10:11:00.000Z" />
        </Typography>
      </Part>
    </Stack>
  )
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section>
      <Typography variant="h2" sx={{ mb: 1.5 }}>
        {title}
      </Typography>
      {children}
    </section>
  )
}
