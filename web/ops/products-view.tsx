'use client'
/** The products by name, of a category or all, with their stock; the retired ones too. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useCallback, useState } from 'react'
import { Answered } from '../accounts/answered.tsx'
import { useAsked, valueIn } from '../asking/asking.ts'
import { Empty } from '../look/empty.tsx'
import { Choice } from '../look/field.tsx'
import { LinkButton, TextLink } from '../look/links.tsx'
import { Money } from '../look/money.tsx'
import { categoryName } from '../shop/browsing.ts'
import { customer, ops } from '../storefront/clients.ts'
import type { Product } from '../storefront/shapes.ts'
import { tableLook } from './board-table.tsx'

interface Page {
  readonly products: readonly Product[]
  readonly after?: string | undefined
}

export function ProductsView() {
  const [category, setCategory] = useState('')
  const [isBusy, setBusy] = useState(false)
  const asked = useAsked<Page>(useCallback(() => pageOf(category), [category]))
  const more = async ({ products, after }: Page): Promise<void> => {
    setBusy(true)
    const next = await pageOf(category, after).catch(() => undefined)
    setBusy(false)
    if (next) asked.set({ products: [...products, ...next.products], after: next.after })
  }
  return (
    <>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, justifyContent: 'space-between', mb: 2.5 }}>
        <Typography variant="h1">Products</Typography>
        <LinkButton href="/ops/products/new" variant="contained">
          New product
        </LinkButton>
      </Box>
      <Categories value={category} onChange={setCategory} />
      <Answered asked={asked} what="The products">
        {page => (
          <>
            <Products products={page.products} />
            {page.after !== undefined && (
              <Button variant="outlined" sx={{ mt: 2 }} loading={isBusy} onClick={() => void more(page)}>
                More products
              </Button>
            )}
          </>
        )}
      </Answered>
    </>
  )
}

async function pageOf(category: string, after?: string): Promise<Page> {
  const query = {
    limit: 50,
    ...(category === '' ? {} : { category }),
    ...(after === undefined ? {} : { after }),
  }
  const { items, after: next } = await valueIn(ops.products({ query }))
  return { products: items, after: next }
}

function Categories({ value, onChange }: { readonly value: string; onChange(value: string): void }) {
  const asked = useAsked(useCallback(() => valueIn(customer.categories()), []))
  const known = asked.value?.categories ?? []
  return (
    <Box sx={{ maxWidth: 260, mb: 2.5 }}>
      <Choice
        label="Category"
        value={value}
        onChange={onChange}
        options={[
          { value: '', label: 'All' },
          ...known.map(category => ({ value: category, label: categoryName(category) })),
        ]}
      />
    </Box>
  )
}

function Products({ products }: { readonly products: readonly Product[] }) {
  if (products.length === 0) return <Empty title="No products here" />
  return (
    <Card>
      <Box component="table" aria-label="Products" sx={tableLook}>
        <thead>
          <tr>
            <th>Name</th>
            <th className="wide">Category</th>
            <th className="end">Price</th>
            <th className="end">Stock</th>
          </tr>
        </thead>
        <tbody>
          {products.map(({ productId, name, category, price, stock, retired }) => (
            <tr key={productId}>
              <td>
                <TextLink href={`/ops/products/${productId}`} prefetch={false} color="inherit">
                  {name}
                </TextLink>
                {retired && (
                  <Box component="span" sx={{ color: 'text.secondary' }}>
                    {' '}
                    (retired)
                  </Box>
                )}
              </td>
              <td className="wide">{categoryName(category)}</td>
              <td className="end">
                <Money {...price} />
              </td>
              <Box component="td" className="end" sx={stock === 0 ? { color: 'error.main' } : {}}>
                {stock}
              </Box>
            </tr>
          ))}
        </tbody>
      </Box>
    </Card>
  )
}
