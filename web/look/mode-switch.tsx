'use client'
/** By day, by night, or as the system has it: one button that goes through the three. */
import IconButton from '@mui/material/IconButton'
import { useColorScheme } from '@mui/material/styles'
import Tooltip from '@mui/material/Tooltip'
import { useSyncExternalStore } from 'react'
import { MoonIcon, SunIcon, SystemIcon } from './icons.tsx'

const modes = {
  system: { next: 'light', label: 'as the system has it', Icon: SystemIcon },
  light: { next: 'dark', label: 'light', Icon: SunIcon },
  dark: { next: 'system', label: 'dark', Icon: MoonIcon },
} as const

export function ModeSwitch() {
  const { mode = 'system', setMode } = useColorScheme()
  // What was chosen before is known to the browser alone: the server draws the button as if nothing was.
  const isBrowser = useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  )
  const { next, label, Icon } = modes[isBrowser ? mode : 'system']
  return (
    <Tooltip title={`Colours: ${label}`}>
      <IconButton
        color="inherit"
        aria-label={`Colours: ${label}. Change to ${modes[next].label}`}
        onClick={() => setMode(next)}
      >
        <Icon />
      </IconButton>
    </Tooltip>
  )
}
