/** A system whose page was asked for does not run: how it is started. */
import Box from '@mui/material/Box'
import { Empty } from './empty.tsx'
import { TextLink } from './links.tsx'
import { mono } from './theme.ts'

export function NotStarted({ name }: { readonly name: string }) {
  return (
    <Box sx={{ maxWidth: 520, mx: 'auto' }}>
      <Empty title={`The system ${name} is not started`}>
        Start it with{' '}
        <Box component="code" sx={{ fontFamily: mono }}>
          npm start -- {name}
        </Box>
        , or see <TextLink href="/">what runs here</TextLink>.
      </Empty>
    </Box>
  )
}
