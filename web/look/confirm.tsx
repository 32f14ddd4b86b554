'use client'
/** Asks before something that cannot be taken back. The safe answer has the focus. */
import Button from '@mui/material/Button'
import Dialog from '@mui/material/Dialog'
import DialogActions from '@mui/material/DialogActions'
import DialogContent from '@mui/material/DialogContent'
import DialogContentText from '@mui/material/DialogContentText'
import DialogTitle from '@mui/material/DialogTitle'
import { type ReactNode, useId } from 'react'

export interface ConfirmProps {
  readonly open: boolean
  readonly title: string
  readonly children: ReactNode
  /** What is done, as a verb: the label of the button that does it. */
  readonly does: string
  /** The safe answer. Default: `Cancel`. */
  readonly keep?: string
  /** It cannot be done yet: something is missing in what was filled in. */
  readonly incomplete?: boolean
  readonly busy?: boolean
  onConfirm(): void
  onCancel(): void
}

export function Confirm(props: ConfirmProps) {
  const { open, title, children, does, keep = 'Cancel', busy = false, incomplete = false, onConfirm, onCancel } = props
  const id = useId()
  return (
    <Dialog
      open={open}
      onClose={onCancel}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      maxWidth="xs"
    >
      <DialogTitle id={`${id}-title`}>{title}</DialogTitle>
      <DialogContent>
        <DialogContentText id={`${id}-text`} component="div">
          {children}
        </DialogContentText>
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2.5 }}>
        <Button onClick={onCancel} autoFocus>
          {keep}
        </Button>
        <Button onClick={onConfirm} variant="contained" loading={busy} disabled={incomplete}>
          {does}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
