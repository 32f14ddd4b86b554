'use client'
/** Creates a product, or changes one: what is asked for is pending until it is in. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { type SyntheticEvent, useState } from 'react'
import { Field } from '../look/field.tsx'
import type { Product } from '../storefront/shapes.ts'
import { changesOf, draftOf, type Flaws, flawsOf, idOf, newDraft, type ProductDraft } from './product-draft.ts'
import { UpdateMark } from './update-mark.tsx'
import { pictureTypes, useUpdate } from './use-update.ts'

export interface ProductFormProps {
  /** The one that is changed; a new one without it. */
  readonly product?: Product
  readonly applied?: () => void
}

export function ProductForm({ product, applied = () => {} }: ProductFormProps) {
  const [draft, setDraft] = useState<ProductDraft>(() => (product ? draftOf(product) : newDraft))
  const [picture, setPicture] = useState<File>()
  const [isTried, setTried] = useState(false)
  const { step, ask } = useUpdate(applied)
  const flaws = isTried ? flawsOf(draft) : {}
  const changes = changesOf(draft, product)
  const isSame = product !== undefined && Object.keys(changes).length === 0 && !picture
  const send = (event: SyntheticEvent): void => {
    event.preventDefault()
    setTried(true)
    if (Object.keys(flawsOf(draft)).length === 0) void ask(product?.productId ?? idOf(draft.name), changes, picture)
  }
  return (
    <Box
      component="form"
      noValidate
      aria-label={product ? 'Change the product' : 'New product'}
      onSubmit={send}
      sx={{ display: 'flex', flexDirection: 'column', gap: 2, maxWidth: 560 }}
    >
      <Fields draft={draft} flaws={flaws} change={changes => setDraft(before => ({ ...before, ...changes }))} />
      <PictureField chosen={setPicture} />
      <Box>
        <Button
          type="submit"
          variant="contained"
          disabled={isSame}
          loading={step.kind === 'asking' || step.kind === 'pending'}
        >
          {product ? 'Ask for the change' : 'Ask for the product'}
        </Button>
      </Box>
      <UpdateMark step={step} />
    </Box>
  )
}

interface FieldsProps {
  readonly draft: ProductDraft
  readonly flaws: Flaws
  change(changes: Partial<ProductDraft>): void
}

function Fields({ draft, flaws, change }: FieldsProps) {
  const field = (name: keyof ProductDraft) => ({
    value: draft[name],
    wrong: flaws[name],
    onChange: ({ target }: { readonly target: { readonly value: string } }) => change({ [name]: target.value }),
  })
  return (
    <>
      <Field label="Name" required {...field('name')} inputProps={{ maxLength: 200 }} />
      <Field label="Description" multiline minRows={3} {...field('description')} inputProps={{ maxLength: 2_000 }} />
      <Field
        label="Category"
        required
        help="Small letters, digits and hyphens"
        {...field('category')}
        inputProps={{ maxLength: 40, autoCapitalize: 'none' }}
      />
      <Box sx={{ display: 'flex', gap: 2 }}>
        <Field label="Price" required width={140} {...field('price')} inputProps={{ inputMode: 'decimal' }} />
        <Field label="Currency" required {...field('currency')} inputProps={{ maxLength: 3, size: 5 }} />
      </Box>
    </>
  )
}

function PictureField({ chosen }: { chosen(file: File | undefined): void }) {
  return (
    <Box sx={{ display: 'flex', flexDirection: 'column', gap: 0.5 }}>
      <Typography component="label" variant="body2" sx={{ fontWeight: 600 }}>
        Picture (PNG, JPEG or WebP)
        <Box
          component="input"
          type="file"
          accept={pictureTypes.join(',')}
          onChange={event => chosen(event.currentTarget.files?.[0])}
          sx={{ display: 'block', mt: 0.5, font: 'inherit', fontWeight: 400, maxWidth: '100%' }}
        />
      </Typography>
    </Box>
  )
}
