/** The catalogue, drawn as it is now: it can be read and walked through without scripts. */
import { ClientError } from 'groundplan/client'
import { Unanswered } from '../../look/unanswered.tsx'
import { shop } from '../../server/shop.ts'
import { browsingOf, queryOf } from '../../shop/browsing.ts'
import { Catalogue } from '../../shop/catalogue.tsx'

interface ShopPageProps {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>
}

export default async function ShopPage({ searchParams }: ShopPageProps) {
  const asked = browsingOf(await searchParams)
  try {
    const [page, known] = await Promise.all([shop().browse({ query: queryOf(asked) }), shop().categories()])
    return <Catalogue asked={asked} page={page.value} categories={known.value.categories} />
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    return <Unanswered title="The catalogue does not answer" trace={error.trace} />
  }
}
