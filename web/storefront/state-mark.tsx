/** The state of an order: a word with a dot. The colour says nothing that the word does not. */
import Box from '@mui/material/Box'
import type { OrderState } from './shapes.ts'
import { stateNames } from './states.ts'

const colours: Readonly<Record<OrderState, string>> = {
  placed: 'secondary.main',
  paid: 'primary.main',
  fulfilled: 'success.main',
  cancelled: 'text.secondary',
  rejected: 'error.main',
  refunded: 'text.secondary',
}

export function StateMark({ state }: { readonly state: OrderState }) {
  return (
    <Box
      component="span"
      data-state={state}
      sx={{ display: 'inline-flex', alignItems: 'center', gap: 1, fontWeight: 600, whiteSpace: 'nowrap' }}
    >
      <Box
        component="span"
        aria-hidden="true"
        sx={{ width: 9, height: 9, borderRadius: '50%', flexShrink: 0, bgcolor: colours[state] }}
      />
      {stateNames[state]}
    </Box>
  )
}
