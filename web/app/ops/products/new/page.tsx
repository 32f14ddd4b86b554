/** A new product. */
import Typography from '@mui/material/Typography'
import type { Metadata } from 'next'
import { TextLink } from '../../../../look/links.tsx'
import { ProductForm } from '../../../../ops/product-form.tsx'

export const metadata: Metadata = { title: 'New product' }

export default function NewProductPage() {
  return (
    <>
      <Typography variant="body2">
        <TextLink href="/ops/products">Products</TextLink>
      </Typography>
      <Typography variant="h1" sx={{ mt: 0.5, mb: 2.5 }}>
        New product
      </Typography>
      <ProductForm />
    </>
  )
}
