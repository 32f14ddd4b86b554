/** What runs behind the front, as the server says it. */
import 'server-only'
import { systemsAddress } from './environment.ts'

export interface RunningGateway {
  readonly name: string
  readonly url: string
  readonly docs: string
  readonly endpoints: number
}

export interface KnownSystem {
  readonly name: string
  readonly title: string | null
  readonly running: boolean
  readonly gateways: readonly RunningGateway[]
}

/** All systems of the project; undefined when the server does not answer. */
export async function knownSystems(): Promise<readonly KnownSystem[] | undefined> {
  try {
    const answer = await fetch(`${systemsAddress()}/api/-/systems`, { signal: AbortSignal.timeout(3_000) })
    if (!answer.ok) return undefined
    const { systems } = (await answer.json()) as { readonly systems: readonly KnownSystem[] } // of the same release
    return systems
  } catch {
    return undefined
  }
}
