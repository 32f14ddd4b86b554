/** What every page stands in: a way past the head for keyboards, the head, the page, the foot. */
import Box from '@mui/material/Box'
import Container from '@mui/material/Container'
import Typography from '@mui/material/Typography'
import type { ReactNode } from 'react'
import { PlanMark } from './icons.tsx'
import { TextLink } from './links.tsx'
import { ModeSwitch } from './mode-switch.tsx'

const skip = {
  position: 'absolute',
  left: 16,
  top: -80,
  zIndex: 10,
  px: 2,
  py: 1,
  bgcolor: 'background.paper',
  '&:focus': { top: 12 },
}

export function Shell({ children }: { readonly children: ReactNode }) {
  return (
    <>
      <Box component="a" href="#page" sx={skip}>
        To the page
      </Box>
      <Box component="header">
        <Container maxWidth="lg" sx={{ display: 'flex', alignItems: 'center', gap: 1, py: 1.5 }}>
          <TextLink
            href="/"
            color="inherit"
            underline="none"
            sx={{ display: 'inline-flex', alignItems: 'center', gap: 1.25, py: 0.75 }}
          >
            <PlanMark sx={{ fontSize: 28 }} />
            <Typography component="span" sx={{ fontWeight: 680, fontSize: '1.125rem', letterSpacing: '-0.02em' }}>
              Groundplan
            </Typography>
          </TextLink>
          <Box sx={{ flexGrow: 1 }} />
          <ModeSwitch />
        </Container>
      </Box>
      <Container
        id="page"
        component="main"
        maxWidth="lg"
        tabIndex={-1}
        sx={{ flexGrow: 1, py: { xs: 2, sm: 4 }, outline: 'none' }}
      >
        {children}
      </Container>
    </>
  )
}
