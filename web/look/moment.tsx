'use client'
/**
 * A point in time as its reader's clock shows it: the time alone today, with the day before that. The server, which does
 * not know where its reader is, says it in UTC.
 */
import Box from '@mui/material/Box'
import { useSyncExternalStore } from 'react'

const never = () => () => {}

export function Moment({ at }: { readonly at: string }) {
  const isBrowser = useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
  const date = new Date(at)
  return (
    <Box component="time" dateTime={at} title={at} sx={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
      {isBrowser ? localText(date, new Date()) : `${at.slice(11, 19)} UTC`}
    </Box>
  )
}

function localText(date: Date, now: Date): string {
  const time = date.toLocaleTimeString('en-GB')
  if (date.toDateString() === now.toDateString()) return time
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const }
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...year })}, ${time}`
}
