/** How lists of accounts look: rows between lines, that become columns where there is room. */

export const list = { listStyle: 'none', p: 0, m: 0 } as const

export const row = {
  ...{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', justifyContent: 'space-between' },
  ...{ columnGap: 2, rowGap: 1, px: { xs: 2, sm: 2.5 }, py: 1.5, position: 'relative' },
  ...{ borderTop: '1px solid', borderColor: 'divider', '&:first-of-type': { borderTop: 0 } },
} as const

export const quiet = { color: 'text.secondary', overflowWrap: 'anywhere' } as const
