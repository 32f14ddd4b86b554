/** Follows the live number for as long as a page is looked at. */
import { counterClient } from '@systems/counter/client'
import { follow } from '../live/follow.ts'

export interface LiveEvents {
  /** `first` after each connecting. */
  told(left: number, first: boolean): void
  connected(): void
  lost(): void
}

/** Gives what ends it. */
export function followLive(url: string, events: LiveEvents): () => void {
  return follow<{ readonly left: number }>(
    async ({ fetch, signal }) => (await counterClient(url, { fetch, tries: 1, signal }).live()).value,
    {
      connected: () => events.connected(),
      lost: () => events.lost(),
      told: ({ left }, first) => events.told(left, first),
    },
  )
}
