/** What somebody is, in a few words: locked, not confirmed, roles, tenant. */
import { Mark, Marks } from './mark.tsx'
import type { Person } from './shapes.ts'

export function PersonMarks({ person }: { readonly person: Person }) {
  const { locked, verified, roles, tenant } = person
  return (
    <Marks>
      {locked && <Mark strong>locked</Mark>}
      {!verified && <Mark strong>address not confirmed</Mark>}
      {roles.map(role => (
        <Mark key={role}>{role}</Mark>
      ))}
      {tenant !== undefined && <Mark>of {tenant}</Mark>}
    </Marks>
  )
}
