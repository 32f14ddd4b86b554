'use client'
/** Something that is shown this once: to be copied and kept, and then gone from the page. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { mono } from '../look/theme.ts'
import { Said } from './section.tsx'

export interface SecretOnceProps {
  readonly title: string
  readonly text: string
  readonly children: ReactNode
  /** It was kept. */
  done(): void
}

const shown = {
  ...{ p: 2, border: '1px dashed', borderColor: 'secondary.main', borderRadius: 1, bgcolor: 'background.default' },
  ...{ fontFamily: mono, fontSize: '0.9375rem', overflowWrap: 'anywhere', userSelect: 'all' },
} as const

export function SecretOnce({ title, text, children, done }: SecretOnceProps) {
  const [said, setSaid] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setSaid('Copied.'),
      () => setSaid('It could not be copied: mark it and copy it by hand.'),
    )
  }
  return (
    <Box
      sx={{
        display: 'flex',
        flexDirection: 'column',
        gap: 1.5,
        p: 2.5,
        border: '2px solid',
        borderColor: 'secondary.main',
        borderRadius: 1.5,
        bgcolor: 'background.paper',
      }}
    >
      <Typography ref={heading} variant="h2" tabIndex={-1} sx={{ outline: 'none' }}>
        {title}
      </Typography>
      <Typography variant="body2">{children}</Typography>
      <Box component="code" aria-label={title} data-testid="secret" sx={shown}>
        {text}
      </Box>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1 }}>
        <Button variant="contained" onClick={copy}>
          Copy it
        </Button>
        <Button onClick={done}>I have kept it</Button>
        <Said>{said}</Said>
      </Box>
    </Box>
  )
}
