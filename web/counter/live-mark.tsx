'use client'
/** Whether what is shown is live, in words and with a dot; and what waits for the connection. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import type { Connection } from './use-counter.ts'

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

export function LiveMark({ connection, waiting }: { readonly connection: Connection; readonly waiting: number }) {
  return (
    <Typography
      role="status"
      variant="body2"
      component="p"
      sx={{ color: connection === 'lost' ? 'warning.main' : 'text.secondary', mt: 0.25 }}
    >
      <Box
        component="span"
        aria-hidden="true"
        sx={{ display: 'inline-block', width: 8, height: 8, mr: 1, borderRadius: '50%', bgcolor: colours[connection] }}
      />
      {texts[connection]}
      {waiting > 0 && <WaitingText count={waiting} />}
    </Typography>
  )
}

function WaitingText({ count }: { readonly count: number }) {
  return (
    <Box component="span" sx={{ display: 'block' }}>
      {count === 1 ? 'One sale waits to be sent' : `${count} sales wait to be sent`}
    </Box>
  )
}
