'use client'
/** Fields of forms: the label above, what helps or is wrong below, both said to screen readers with the field. */
import Box from '@mui/material/Box'
import NativeSelect from '@mui/material/NativeSelect'
import OutlinedInput, { type OutlinedInputProps } from '@mui/material/OutlinedInput'
import Typography from '@mui/material/Typography'
import { type ChangeEvent, type ReactNode, useId } from 'react'

interface AroundProps {
  readonly label: string
  readonly help?: string | undefined
  readonly wrong?: string | undefined
  /** How wide at least, in pixels. */
  readonly width?: number | undefined
}

function Around({ id, label, help, wrong, width = 0, children }: AroundProps & { id: string; children: ReactNode }) {
  return (
    <Box sx={{ display: 'flex', flexDirection: 'column', gap: 0.5, minWidth: width, flexGrow: width > 0 ? 1 : 0 }}>
      <Typography component="label" htmlFor={id} variant="body2" sx={{ fontWeight: 600 }}>
        {label}
      </Typography>
      {children}
      {(wrong ?? help) !== undefined && (
        <Typography id={`${id}-more`} variant="body2" sx={{ color: wrong ? 'error.main' : 'text.secondary' }}>
          {wrong ?? help}
        </Typography>
      )}
    </Box>
  )
}

export type FieldProps = AroundProps & Omit<OutlinedInputProps, 'label' | 'id' | 'error'>

export function Field({ label, help, wrong, width, inputProps, ...input }: FieldProps) {
  const id = useId()
  const more = (wrong ?? help) === undefined ? {} : { 'aria-describedby': `${id}-more` }
  return (
    <Around {...{ id, label, help, wrong, width }}>
      <OutlinedInput
        id={id}
        size="small"
        error={wrong !== undefined}
        inputProps={{ ...inputProps, ...more }}
        sx={{ bgcolor: 'background.paper' }}
        {...input}
      />
    </Around>
  )
}

export interface ChoiceProps extends AroundProps {
  readonly name?: string | undefined
  readonly value: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly disabled?: boolean
  onChange(value: string): void
}

export function Choice({ label, help, width, name, value, options, disabled = false, onChange }: ChoiceProps) {
  const id = useId()
  return (
    <Around {...{ id, label, help, width }}>
      <NativeSelect
        value={value}
        disabled={disabled}
        input={<OutlinedInput size="small" sx={{ bgcolor: 'background.paper' }} />}
        inputProps={{ id, ...(name === undefined ? {} : { name }) }}
        onChange={({ target }: ChangeEvent<HTMLSelectElement>) => onChange(target.value)}
      >
        {options.map(each => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </NativeSelect>
    </Around>
  )
}
