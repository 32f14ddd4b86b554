/** The categories, as links side by side: each keeps what else is asked for. */
import Box from '@mui/material/Box'
import { TextLink } from '../look/links.tsx'
import { addressOf, type Browsing, categoryName } from './browsing.ts'

const row = {
  display: 'flex',
  flexWrap: { sm: 'wrap' },
  gap: 1,
  listStyle: 'none',
  m: 0,
  mb: 2.5,
  p: 0.5,
  mx: -0.5,
  overflowX: 'auto',
  scrollbarWidth: 'none',
}

const pill = {
  display: 'block',
  px: 1.5,
  py: 0.5,
  borderRadius: 5,
  border: '1px solid',
  borderColor: 'divider',
  bgcolor: 'background.paper',
  fontSize: '0.9063rem',
  whiteSpace: 'nowrap',
  '&:hover': { borderColor: 'primary.main' },
  '&[aria-current]': { bgcolor: 'primary.main', borderColor: 'primary.main', color: 'primary.contrastText' },
}

export function Categories({ all, asked }: { readonly all: readonly string[]; readonly asked: Browsing }) {
  return (
    <Box component="nav" aria-label="Categories">
      <Box component="ul" sx={row}>
        {[undefined, ...all].map(category => (
          <li key={category ?? ''}>
            <TextLink
              href={addressOf({ ...asked, category, after: undefined })}
              prefetch={false}
              color="inherit"
              underline="none"
              aria-current={category === asked.category ? 'true' : undefined}
              sx={pill}
            >
              {category === undefined ? 'All' : categoryName(category)}
            </TextLink>
          </li>
        ))}
      </Box>
    </Box>
  )
}
