/** While something is fetched: shapes of what will be there, and a word for who cannot see them. */
import Box from '@mui/material/Box'
import Skeleton from '@mui/material/Skeleton'
import Stack from '@mui/material/Stack'

const widths = ['55%', '90%', '75%']

export function Busy({ label }: { readonly label: string }) {
  return (
    <Box role="status" aria-label={label}>
      <Stack spacing={1} aria-hidden="true">
        {widths.map(width => (
          <Skeleton key={width} variant="rounded" animation="wave" sx={{ width, height: 26 }} />
        ))}
      </Stack>
    </Box>
  )
}
