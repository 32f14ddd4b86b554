/** What is looked for in the catalogue, as it stands in the page's address, and the address of what is looked for. */

export interface Browsing {
  readonly search?: string | undefined
  readonly category?: string | undefined
  readonly sort?: Sort | undefined
  /** In whole units of the currency. */
  readonly least?: string | undefined
  readonly most?: string | undefined
  readonly available?: 'yes' | undefined
  /** The position a page begins behind. */
  readonly after?: string | undefined
}

export const sorts = ['name', 'price', 'price-down'] as const
export type Sort = (typeof sorts)[number]

export const pageSize = 24

type Params = Readonly<Record<string, string | readonly string[] | undefined>>

/** What an address asks for; what makes no sense in it is left away. */
export function browsingOf(params: Params): Browsing {
  const text = (name: string): string | undefined => {
    const value = params[name]
    const first = typeof value === 'string' ? value : value?.[0]
    return first === undefined || first.trim() === '' ? undefined : first.trim().slice(0, 2_000)
  }
  return {
    search: text('search')?.slice(0, 100),
    category: only(text('category'), /^[a-z0-9][a-z0-9-]{0,39}$/),
    sort: sorts.find(each => each === text('sort')),
    least: only(text('least'), /^\d{1,7}$/),
    most: only(text('most'), /^\d{1,7}$/),
    available: text('available') === 'yes' ? 'yes' : undefined,
    after: text('after'),
  }
}

function only(text: string | undefined, pattern: RegExp): string | undefined {
  return text !== undefined && pattern.test(text) ? text : undefined
}

/** Where a page of the catalogue is. Another question begins at its first page. */
export function addressOf(browsing: Browsing): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(browsing)) {
    if (value !== undefined && value !== '' && !(name === 'sort' && value === 'name')) params.set(name, value)
  }
  return params.size === 0 ? '/shop' : `/shop?${params}`
}

/** The same as the API asks it: prices in minor units. */
export function queryOf({ search, category, sort, least, most, available, after }: Browsing) {
  return {
    limit: pageSize,
    ...(search === undefined ? {} : { search }),
    ...(category === undefined ? {} : { category }),
    ...(sort === undefined ? {} : { sort }),
    ...(least === undefined ? {} : { 'min-price': Number(least) * 100 }),
    ...(most === undefined ? {} : { 'max-price': Number(most) * 100 }),
    ...(available === undefined ? {} : { available }),
    ...(after === undefined ? {} : { after }),
  }
}

/** As a category is called: its id with spaces and a capital letter. */
export function categoryName(category: string): string {
  return category.charAt(0).toUpperCase() + category.slice(1).replaceAll('-', ' ')
}
