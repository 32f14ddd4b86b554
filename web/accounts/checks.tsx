'use client'
/** Some of several, each with a box before it. */
import Box from '@mui/material/Box'
import Checkbox from '@mui/material/Checkbox'
import Typography from '@mui/material/Typography'
import { useId } from 'react'

export interface ChecksProps {
  readonly label: string
  readonly options: readonly string[]
  readonly chosen: readonly string[]
  /** Said after an option. */
  readonly notes?: Readonly<Record<string, string>>
  onChange(chosen: readonly string[]): void
}

export function Checks({ label, options, chosen, notes = {}, onChange }: ChecksProps) {
  const id = useId()
  const change = (option: string, on: boolean): void =>
    onChange(options.filter(each => (each === option ? on : chosen.includes(each))))
  return (
    <Box component="fieldset" sx={{ border: 0, p: 0, m: 0, minWidth: 0 }}>
      <Typography component="legend" variant="body2" sx={{ fontWeight: 600, p: 0, mb: 0.25 }}>
        {label}
      </Typography>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 2.5 }}>
        {options.map(option => (
          <Box key={option} sx={{ display: 'flex', alignItems: 'center' }}>
            <Checkbox
              id={`${id}-${option}`}
              size="small"
              checked={chosen.includes(option)}
              onChange={(_event, on) => change(option, on)}
              sx={{ ml: -1 }}
            />
            <Typography component="label" htmlFor={`${id}-${option}`} variant="body2">
              {option}
              {notes[option] !== undefined && (
                <Box component="span" sx={{ color: 'text.secondary' }}>
                  , {notes[option]}
                </Box>
              )}
            </Typography>
          </Box>
        ))}
      </Box>
    </Box>
  )
}
