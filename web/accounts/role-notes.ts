/** What is to be known of a role before it is given. */
import type { Choices } from './shapes.ts'

export function notesOn({ withSecondFactor }: Choices): Readonly<Record<string, string>> {
  return Object.fromEntries(withSecondFactor.map(role => [role, 'had only with a second factor']))
}
