'use client'
/** One step of something: what it is called, what is to be done. A step that follows another is read out when it is there. */
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { type ReactNode, useEffect, useRef } from 'react'

export interface StepProps {
  readonly title: string
  /** It follows another on the same page: its title gets the focus. */
  readonly follows?: boolean
  readonly children: ReactNode
}

export function Step({ title, follows = false, children }: StepProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (follows) heading.current?.focus()
  }, [follows])
  return (
    <Card
      sx={{
        ...{ display: 'flex', flexDirection: 'column', gap: 2, maxWidth: 420, mx: 'auto', my: { sm: '4vh' } },
        p: { xs: 2.5, sm: 3.5 },
      }}
    >
      <Typography ref={heading} variant="h2" component="h1" tabIndex={-1} sx={{ outline: 'none' }}>
        {title}
      </Typography>
      {children}
    </Card>
  )
}

interface DoneProps {
  readonly title: string
  readonly text: string
  readonly does: string
  readonly to: string
}

/** Something is done, and this is where it goes on, with a document of its own. */
export function Done({ title, text, does, to }: DoneProps) {
  return (
    <Step title={title} follows>
      <Typography>{text}</Typography>
      <Button href={to} variant="contained" sx={{ alignSelf: 'flex-start' }}>
        {does}
      </Button>
    </Step>
  )
}
