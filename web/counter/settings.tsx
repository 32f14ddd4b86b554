'use client'
/** The button "Settings" with what it offers: back to 1000, which asks first. */
import Button from '@mui/material/Button'
import ListItemIcon from '@mui/material/ListItemIcon'
import Menu from '@mui/material/Menu'
import MenuItem from '@mui/material/MenuItem'
import { type MouseEvent, useId, useState } from 'react'
import { Confirm } from '../look/confirm.tsx'
import { Failure } from '../look/failure.tsx'
import { ResetIcon, SettingsIcon } from '../look/icons.tsx'
import type { Refusal } from './till.ts'

type Step = { readonly kind: 'closed' | 'asking' | 'resetting' } | { readonly kind: 'failed'; readonly why: Refusal }

export function Settings({ reset }: { readonly reset: () => Promise<void> }) {
  const [anchor, setAnchor] = useState<HTMLElement>()
  const [step, setStep] = useState<Step>({ kind: 'closed' })
  const id = useId()
  const confirm = (): void => {
    setStep({ kind: 'resetting' })
    reset().then(
      () => setStep({ kind: 'closed' }),
      (why: Refusal) => setStep({ kind: 'failed', why }),
    )
  }
  return (
    <>
      <Button
        id={`${id}-button`}
        variant="outlined"
        size="small"
        startIcon={<SettingsIcon />}
        aria-haspopup="menu"
        aria-expanded={anchor !== undefined}
        onClick={(event: MouseEvent<HTMLElement>) => setAnchor(event.currentTarget)}
      >
        Settings
      </Button>
      <Menu
        open={anchor !== undefined}
        anchorEl={anchor ?? null}
        onClose={() => setAnchor(undefined)}
        slotProps={{ list: { 'aria-labelledby': `${id}-button` } }}
        anchorOrigin={{ vertical: 'bottom', horizontal: 'right' }}
        transformOrigin={{ vertical: 'top', horizontal: 'right' }}
      >
        <MenuItem
          onClick={() => {
            setAnchor(undefined)
            setStep({ kind: 'asking' })
          }}
        >
          <ListItemIcon>
            <ResetIcon fontSize="small" />
          </ListItemIcon>
          Reset…
        </MenuItem>
      </Menu>
      <Confirm
        open={step.kind !== 'closed'}
        title="Reset the stock?"
        does="Reset to 1000"
        busy={step.kind === 'resetting'}
        onConfirm={confirm}
        onCancel={() => setStep({ kind: 'closed' })}
      >
        Every open page will show 1000 cameras again. The sales that were made stay in the list.
        {step.kind === 'failed' && <Failure title="It was not reset" detail={step.why.detail} trace={step.why.trace} />}
      </Confirm>
    </>
  )
}
