/** There is no page at this address. */
import Typography from '@mui/material/Typography'
import type { Metadata } from 'next'
import { LinkButton } from '../look/links.tsx'

export const metadata: Metadata = { title: 'No such page' }

export default function NotFound() {
  return (
    <>
      <Typography variant="h1">There is no page here</Typography>
      <Typography sx={{ color: 'text.secondary', mt: 1, mb: 3 }}>
        The address may be mistyped, or its page is gone.
      </Typography>
      <LinkButton href="/" variant="contained">
        What runs here
      </LinkButton>
    </>
  )
}
