/** One product of the shop, drawn as it is now. */
import { ClientError } from 'groundplan/client'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import { Unanswered } from '../../../../look/unanswered.tsx'
import { shop } from '../../../../server/shop.ts'
import { ProductView } from '../../../../shop/product-view.tsx'

interface ProductPageProps {
  readonly params: Promise<{ readonly productId: string }>
}

/** Asked once for the page and its title. */
const asked = cache(async (productId: string) => {
  try {
    return await shop().product({ params: { productId } })
  } catch (error) {
    // An address that no product can have.
    if (error instanceof ClientError && error.status === 422) return { ok: false } as const
    if (error instanceof ClientError) return { ok: 'unanswered', trace: error.trace } as const
    throw error
  }
})

export async function generateMetadata({ params }: ProductPageProps): Promise<Metadata> {
  const reply = await asked((await params).productId)
  return reply.ok === true ? { title: reply.value.name, description: reply.value.description } : {}
}

export default async function ProductPage({ params }: ProductPageProps) {
  const reply = await asked((await params).productId)
  if (reply.ok === 'unanswered') return <Unanswered title="The shop does not answer" trace={reply.trace} />
  if (!reply.ok) notFound()
  return <ProductView {...reply.value} />
}
