'use client'
/** Puts the theme around the pages. Styles carry the page's nonce, on the server and in the browser. */
import CssBaseline from '@mui/material/CssBaseline'
import { ThemeProvider } from '@mui/material/styles'
import type { ReactNode } from 'react'
import { theme } from './theme.ts'

export function Look({ children }: { readonly children: ReactNode }) {
  return (
    <ThemeProvider theme={theme} defaultMode="system" disableTransitionOnChange={false}>
      <CssBaseline enableColorScheme />
      {children}
    </ThemeProvider>
  )
}
