/** Something that is so, in a word with a frame: a role, a scope, a lock. */
import Box from '@mui/material/Box'
import type { ReactNode } from 'react'

export interface MarkProps {
  /** Something to look at. */
  readonly strong?: boolean
  readonly children: ReactNode
}

export function Mark({ strong = false, children }: MarkProps) {
  return (
    <Box
      component="span"
      sx={{
        ...{ display: 'inline-block', px: 0.75, borderRadius: 0.75, border: '1px solid', fontSize: '0.8438rem' },
        ...{ lineHeight: '20px', fontWeight: 600, overflowWrap: 'anywhere' },
        color: strong ? 'error.main' : 'text.secondary',
        borderColor: strong ? 'error.main' : 'divider',
      }}
    >
      {children}
    </Box>
  )
}

export function Marks({ children }: { readonly children: ReactNode }) {
  return (
    <Box component="span" sx={{ display: 'inline-flex', flexWrap: 'wrap', gap: 0.75 }}>
      {children}
    </Box>
  )
}
