'use client'
/** What went wrong, in words, with the trace by which the operators find it, and what can be done. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { WarningIcon } from './icons.tsx'
import { mono } from './theme.ts'

export interface FailureProps {
  readonly title: string
  readonly detail?: string | undefined
  readonly trace?: string | undefined
  readonly again?: (() => void) | undefined
  readonly dismiss?: (() => void) | undefined
}

const frame = {
  display: 'grid',
  gridTemplateColumns: 'auto 1fr',
  columnGap: 1.5,
  p: 2,
  bgcolor: 'background.paper',
  border: '1px solid',
  borderColor: 'error.main',
  borderRadius: 1,
}

export function Failure({ title, detail, trace, again, dismiss }: FailureProps) {
  return (
    <Box role="alert" sx={frame}>
      <WarningIcon fontSize="small" color="error" sx={{ mt: 0.125 }} />
      <Box sx={{ minWidth: 0 }}>
        <Typography variant="h3" component="p" sx={{ color: 'error.main' }}>
          {title}
        </Typography>
        {detail && <Typography variant="body2">{detail}</Typography>}
        {trace && <Trace id={trace} />}
        {again && <Action does="Try again" run={again} />}
        {dismiss && <Action does="Dismiss" run={dismiss} />}
      </Box>
    </Box>
  )
}

function Action({ does, run }: { readonly does: string; readonly run: () => void }) {
  return (
    <Button color="inherit" size="small" variant="outlined" onClick={run} sx={{ mt: 1, mr: 1 }}>
      {does}
    </Button>
  )
}

/** The id of a trace, whole: `groundplan trace <id>` shows what happened. */
function Trace({ id }: { readonly id: string }) {
  return (
    <Typography variant="body2" sx={{ color: 'text.secondary' }}>
      Trace{' '}
      <Box component="code" sx={{ fontFamily: mono, fontSize: '0.8125rem', overflowWrap: 'anywhere' }}>
        {id}
      </Box>
    </Typography>
  )
}
