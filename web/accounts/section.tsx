/** A part of the account page, with a name by which it is found. */
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { type ReactNode, useId } from 'react'

export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const id = useId()
  return (
    <Card
      component="section"
      aria-labelledby={id}
      sx={{ display: 'flex', flexDirection: 'column', gap: 2, p: { xs: 2.5, sm: 3 }, width: '100%', maxWidth: 560 }}
    >
      <Typography id={id} variant="h2">
        {title}
      </Typography>
      {children}
    </Card>
  )
}

/** What was done, read out when it is. It stands there, empty, before: only what changes is heard. */
export function Said({ children }: { readonly children?: ReactNode }) {
  return (
    <Typography role="status" variant="body2" sx={{ color: 'success.main', '&:empty': { position: 'absolute' } }}>
      {children}
    </Typography>
  )
}
