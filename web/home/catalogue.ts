/** What the front knows of the five systems by itself: a sentence each, and the pages there are. */

/** A way in. */
export interface Page {
  readonly label: string
  readonly href: string
}

export interface Room {
  readonly name: string
  readonly about: string
  /** The system's pages, where it has some already. */
  readonly pages?: readonly Page[]
}

export const rooms: readonly Room[] = [
  {
    name: 'counter',
    about: 'A shop sells cameras from a stock of 1000; everybody sees how many are left.',
    pages: [{ label: 'Open counter', href: '/counter' }],
  },
  {
    name: 'storefront',
    about: 'A shop with two sides: customers order, operations fulfil.',
    pages: [
      { label: 'Open the shop', href: '/shop' },
      { label: 'Open operations', href: '/ops' },
    ],
  },
  {
    name: 'insights',
    about: 'Graphs and rolling averages of water, wind and dust, on the platforms that measure them.',
  },
  { name: 'giftflick', about: 'A gift with a personal video: rendered elsewhere, sent to a friend as a link.' },
  { name: 'records', about: 'Logins, and a lot of data that gets old: archived, then removed.' },
]
