'use client'
/** The ways of a part of the site: links side by side, the one where one is marked; they scroll on a phone. */
import Box from '@mui/material/Box'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'

export interface Way {
  readonly href: string
  readonly label: string
  /** Only this address itself is it, none below. */
  readonly exact?: boolean
  /** Said after the label: how many wait there, say. */
  readonly count?: number | undefined
}

const frame = {
  display: 'flex',
  alignItems: 'center',
  gap: 1,
  // On a phone who is signed in stands above the ways, which stay on the line.
  flexWrap: 'wrap-reverse',
  borderBottom: '1px solid',
  borderColor: 'divider',
  mb: { xs: 2.5, sm: 4 },
}

const way = {
  display: 'inline-flex',
  alignItems: 'center',
  gap: 0.75,
  py: 1.25,
  px: 0.25,
  mb: '-1px',
  color: 'text.secondary',
  fontWeight: 600,
  fontSize: '0.9375rem',
  textDecoration: 'none',
  whiteSpace: 'nowrap',
  borderBottom: '2px solid transparent',
  '&:hover': { color: 'text.primary' },
  '&:focus-visible': { outline: '3px solid var(--mui-palette-secondary-main)', outlineOffset: -3 },
  '&[aria-current]': { color: 'primary.main', borderColor: 'primary.main' },
}

const badge = {
  px: 0.75,
  minWidth: 20,
  textAlign: 'center',
  borderRadius: 10,
  fontSize: '0.75rem',
  lineHeight: '20px',
  bgcolor: 'primary.main',
  color: 'primary.contrastText',
}

export interface BarProps {
  readonly label: string
  readonly ways: readonly Way[]
  /** At the end: who is signed in. */
  readonly children?: ReactNode
}

export function Bar({ label, ways, children }: BarProps) {
  const path = usePathname()
  return (
    <Box sx={frame}>
      <Box
        component="nav"
        aria-label={label}
        sx={{ display: 'flex', gap: 2.5, flexGrow: 1, overflowX: 'auto', scrollbarWidth: 'none', minWidth: 0 }}
      >
        {ways.map(each => (
          <Box
            key={each.href}
            component={Link}
            href={each.href}
            aria-current={isAt(path, each) ? 'page' : undefined}
            sx={way}
          >
            {each.label}
            {each.count !== undefined && each.count > 0 && (
              <Box component="span" sx={badge}>
                {each.count}
              </Box>
            )}
          </Box>
        ))}
      </Box>
      {children}
    </Box>
  )
}

function isAt(path: string, { href, exact = false }: Way): boolean {
  return path === href || (!exact && path.startsWith(`${href}/`))
}
