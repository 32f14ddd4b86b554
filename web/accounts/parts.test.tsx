/** Parts of the pages of accounts, drawn as the server draws them. */
import type { ReactElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { EventList } from './event-list.tsx'
import { eventKinds } from './event-words.ts'
import { PersonMarks } from './person-marks.tsx'
import { AccountsProvider } from './place.tsx'
import type { Person, TrailEvent } from './shapes.ts'

const place = { system: 'bakery', title: 'The bakery', home: '/', signUp: true }

const drawn = (element: ReactElement): string =>
  renderToStaticMarkup(<AccountsProvider place={place}>{element}</AccountsProvider>).replace(/<style.*?<\/style>/g, '')
const textOf = (element: ReactElement): string =>
  drawn(element)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()

describe('what happened', () => {
  const common = { at: '2026-03-01T10:11:12.000Z', address: '203.0.113.7' }
  const locked: TrailEvent = {
    ...{ ...common, eventId: '1', kind: 'person-locked', userId: 'nils', by: 'mia', byName: 'Mia' },
    ...{ name: 'Nils', email: 'nils@example.org' },
  }

  it('says what, of whom, by whom and from where, and leads to the person', () => {
    expect(textOf(<EventList events={[locked]} names />)).toMatch(
      /Account locked Nils nils@example\.org, by Mia 203\.0\.113\.7$/,
    )
    expect(drawn(<EventList events={[locked]} names />)).toContain('href="/bakery/account/people/nils"')
  })

  it('says to a person what somebody else did, and not who', () => {
    const { byName: _byName, name: _name, email: _email, ...mine } = locked
    const told = textOf(<EventList events={[mine]} />)
    expect(told).toContain('by who manages the people here')
    expect(told).not.toMatch(/mia|Nils/)
    expect(textOf(<EventList events={[{ ...mine, by: 'nils' }]} />)).not.toContain('by ')
  })

  it('shows what came from outside as it is: no markup of anybody’s becomes ours', () => {
    const told = drawn(<EventList events={[{ ...locked, agent: '<img src=x>', detail: '<b>all</b>' }]} names />)
    for (const markup of ['<img', '<b>']) expect(told).not.toContain(markup)
  })

  it.each(eventKinds)('has words for %s', kind => {
    expect(textOf(<EventList events={[{ ...common, eventId: '1', kind }]} />)).toMatch(/[A-Z][\w’ ]{6,}/)
  })
})

it('somebody’s marks say what is to be looked at in words, before what they are', () => {
  const person: Person = {
    ...{
      userId: 'nils',
      name: 'Nils',
      email: 'nils@example.org',
      secondFactor: false,
      since: '2026-03-01T10:11:12.000Z',
    },
    ...{ verified: false, locked: true, roles: ['baker'], tenant: 'north' },
  }
  expect(textOf(<PersonMarks person={person} />)).toBe('locked address not confirmed baker of north')
  expect(textOf(<PersonMarks person={{ ...person, verified: true, locked: false }} />)).toBe('baker of north')
})
