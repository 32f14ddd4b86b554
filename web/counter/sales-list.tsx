/** The last sales with their times, the newest first. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { useId } from 'react'
import { Empty } from '../look/empty.tsx'
import { Moment } from '../look/moment.tsx'
import type { Sale } from './last-sales.ts'

const row = {
  display: 'flex',
  justifyContent: 'space-between',
  py: 0.75,
  borderTop: '1px solid',
  borderColor: 'divider',
  '&:first-of-type': { borderTop: 0 },
}

export function SalesList({ sales }: { readonly sales: readonly Sale[] }) {
  const id = useId()
  return (
    <Box component="section" aria-labelledby={id}>
      <Typography id={id} variant="h3" component="h2" sx={{ mb: 0.5 }}>
        Last sales
      </Typography>
      {sales.length === 0 ? (
        <Empty title="Nothing sold yet">The first sale will stand here, with its time.</Empty>
      ) : (
        <Box component="ol" sx={{ listStyle: 'none', m: 0, p: 0 }}>
          {sales.map(({ saleId, soldAt }) => (
            <Typography key={saleId} component="li" variant="body2" sx={row}>
              <span>One camera</span>
              <Box component="span" sx={{ color: 'text.secondary' }}>
                <Moment at={soldAt} />
              </Box>
            </Typography>
          ))}
        </Box>
      )}
    </Box>
  )
}
