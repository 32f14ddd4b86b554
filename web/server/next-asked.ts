/** Where one wanted to go, as the address of a page says it: `?next=`. */
import 'server-only'

export interface NextAskedProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>
}

export async function nextAsked({ searchParams }: NextAskedProps): Promise<string | undefined> {
  const { next } = await searchParams
  return typeof next === 'string' ? next : undefined
}
