'use client'
/** Whether what is shown is live, in words and with a dot. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import type { Connection } from './feed.ts'
import { useOps } from './store.tsx'

const texts: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Not connected, trying again',
}

const colours: Readonly<Record<Connection, string>> = {
  connecting: 'text.disabled',
  live: 'success.main',
  lost: 'warning.main',
}

export function LiveMark() {
  const connection = useOps(({ feed }) => feed.connection)
  return (
    <Typography role="status" variant="body2" component="p" sx={{ color: 'text.secondary' }}>
      <Box
        component="span"
        aria-hidden="true"
        sx={{ display: 'inline-block', width: 8, height: 8, mr: 1, borderRadius: '50%', bgcolor: colours[connection] }}
      />
      {texts[connection]}
    </Typography>
  )
}
