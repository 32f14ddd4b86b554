/** A page of the catalogue: what was asked for, what was found, and the way to the next page. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { Empty } from '../look/empty.tsx'
import { LinkButton, TextLink } from '../look/links.tsx'
import type { CataloguePage } from '../storefront/shapes.ts'
import { addressOf, type Browsing } from './browsing.ts'
import { Categories } from './categories.tsx'
import { Filters } from './filters.tsx'
import { ProductCard } from './product-card.tsx'

export interface CatalogueProps {
  readonly asked: Browsing
  readonly page: CataloguePage
  readonly categories: readonly string[]
}

/** So many stand on the first screen, at least. */
const firstSeen = 4

const grid = {
  display: 'grid',
  gridTemplateColumns: { xs: 'repeat(2, 1fr)', sm: 'repeat(auto-fill, minmax(220px, 1fr))' },
  gap: { xs: 1.5, sm: 2.5 },
  listStyle: 'none',
  m: 0,
  p: 0,
}

export function Catalogue({ asked, page, categories }: CatalogueProps) {
  const { items, after } = page
  return (
    <>
      <Typography variant="h1" sx={{ mb: 2.5 }}>
        {asked.search === undefined ? 'Products' : `Found for “${asked.search}”`}
      </Typography>
      <Filters {...asked} />
      <Categories all={categories} asked={asked} />
      {items.length === 0 ? (
        <Empty title={after === undefined ? 'Nothing fits' : 'Nothing fits so far'}>
          {after === undefined ? (
            <>
              Ask for less, or see <TextLink href="/shop">all products</TextLink>.
            </>
          ) : (
            'There is more to look through on the next page.'
          )}
        </Empty>
      ) : (
        <Box component="ul" aria-label="Products" sx={grid}>
          {items.map((entry, at) => (
            <ProductCard key={entry.productId} {...entry} soon={at < firstSeen} />
          ))}
        </Box>
      )}
      <Pages asked={asked} after={after} />
    </>
  )
}

/** A page begins behind a product, not at a number: what comes and goes meanwhile shifts nothing. */
function Pages({ asked, after }: { readonly asked: Browsing; readonly after: string | undefined }) {
  if (after === undefined && asked.after === undefined) return null
  return (
    <Box component="nav" aria-label="Pages" sx={{ display: 'flex', gap: 2, justifyContent: 'center', mt: 4 }}>
      {asked.after !== undefined && (
        <LinkButton href={addressOf({ ...asked, after: undefined })} variant="outlined">
          First page
        </LinkButton>
      )}
      {after !== undefined && (
        <LinkButton href={addressOf({ ...asked, after })} variant="contained">
          Next page
        </LinkButton>
      )}
    </Box>
  )
}
