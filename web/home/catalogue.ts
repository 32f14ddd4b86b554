/** What the front knows of the five systems by itself: a sentence each, and the pages there are. */

export interface Room {
  readonly name: string
  readonly about: string
  /** The system's page, where it has one already. */
  readonly page?: string
}

export const rooms: readonly Room[] = [
  {
    name: 'counter',
    about: 'A shop sells cameras from a stock of 1000; everybody sees how many are left.',
    page: '/counter',
  },
  { name: 'storefront', about: 'A shop with two sides: customers order, operations fulfil.' },
  {
    name: 'insights',
    about: 'Graphs and rolling averages of water, wind and dust, on the platforms that measure them.',
  },
  { name: 'giftflick', about: 'A gift with a personal video: rendered elsewhere, sent to a friend as a link.' },
  { name: 'records', about: 'Logins, and a lot of data that gets old: archived, then removed.' },
]
