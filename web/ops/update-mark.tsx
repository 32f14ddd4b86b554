'use client'
/** What became of an update that was asked for. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { Failure } from '../look/failure.tsx'
import { TextLink } from '../look/links.tsx'
import type { UpdateStep } from './use-update.ts'

export function UpdateMark({ step }: { readonly step: UpdateStep }) {
  return (
    <>
      <Typography role="status" component="div" variant="body2" sx={{ minHeight: '1.5em' }}>
        {step.kind === 'pending' && (
          <Box component="span" sx={{ color: 'secondary.main', fontWeight: 600 }}>
            Pending: it is being applied
          </Box>
        )}
        {step.kind === 'applied' && (
          <Box component="span" sx={{ color: 'success.main', fontWeight: 600 }}>
            Applied. <TextLink href={`/ops/products/${step.productId}`}>See the product</TextLink>
          </Box>
        )}
      </Typography>
      {step.kind === 'failed' && <Failure title="The update was given up" detail={step.reason} trace={step.trace} />}
      {step.kind === 'refused' && (
        <Failure title="It was not asked for" detail={step.why.detail} trace={step.why.trace} />
      )}
    </>
  )
}
