'use client'
/** Recovery codes, for the day the phone is lost: shown this once. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { useState } from 'react'
import { mono } from '../look/theme.ts'
import { Said } from './section.tsx'

const grid = {
  ...{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(9.5rem, 1fr))', gap: 0.75 },
  ...{ listStyle: 'none', m: 0, p: 2, border: '1px dashed', borderColor: 'divider', borderRadius: 1 },
  ...{ fontFamily: mono, fontSize: '0.9375rem' },
}

export function RecoveryCodes({ codes }: { readonly codes: readonly string[] }) {
  const [said, setSaid] = useState('')
  const copy = (): void => {
    navigator.clipboard.writeText(codes.join('\n')).then(
      () => setSaid('Copied.'),
      () => setSaid('They could not be copied: mark them and copy them by hand.'),
    )
  }
  return (
    <>
      <Typography variant="body2">
        Each of these lets you in once when you do not have the app. Keep them where you keep passwords: they are not
        shown again.
      </Typography>
      <Box component="ul" aria-label="Recovery codes" sx={grid}>
        {codes.map(code => (
          <li key={code}>{code}</li>
        ))}
      </Box>
      <Button size="small" sx={{ alignSelf: 'flex-start' }} onClick={copy}>
        Copy the codes
      </Button>
      <Said>{said}</Said>
    </>
  )
}
