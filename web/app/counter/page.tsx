/** The counter's page, drawn with the number as it is now; the browser keeps it so. */
import { counterClient } from '@systems/counter/client'
import { ClientError } from 'groundplan/client'
import type { Metadata } from 'next'
import { CounterCard } from '../../counter/counter-card.tsx'
import { NotStarted } from '../../look/not-started.tsx'
import { Unanswered } from '../../look/unanswered.tsx'
import { systemsAddress } from '../../server/environment.ts'

export const metadata: Metadata = { title: 'Counter' }

export default async function CounterPage() {
  const client = counterClient(`${systemsAddress()}/api/counter`, { tries: 2, timeout: '3 seconds' })
  try {
    const [counter, last] = await Promise.all([client.show(), client.lastSales()])
    return <CounterCard left={counter.value.left} sales={last.value.sales} />
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    if (error.status === 404) return <NotStarted name="counter" />
    return <Unanswered title="The counter does not answer" trace={error.trace} />
  }
}
