/** Who is there at first: two of one tenant, and the manager of another. */
import { seed } from 'groundplan'
import { people } from './plan.ts'

export type Name = 'Mia' | 'Nils' | 'Sven'

export function emailOf(name: Name): string {
  return `${name.toLowerCase()}@example.org`
}

export function passwordOf(name: Name): string {
  return `development-${name.toLowerCase()}`
}

export default seed({
  uses: { db: people.database.writer },
  async handle({ at }, { db }) {
    const enrol = (name: Name, tenant: 'north' | 'south', roles: readonly ('baker' | 'manager')[]) =>
      people.enrol(db, at, {
        ...{ name, tenant, roles, development: true },
        ...{ email: emailOf(name), password: passwordOf(name) },
      })
    await enrol('Mia', 'north', ['baker', 'manager'])
    await enrol('Nils', 'north', ['baker'])
    await enrol('Sven', 'south', ['baker', 'manager'])
    return []
  },
})
