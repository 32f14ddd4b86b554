'use client'
/** The board: which orders are looked at, the orders, what is done to those that are chosen, and what happens elsewhere. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Typography from '@mui/material/Typography'
import { Busy } from '../look/busy.tsx'
import { Empty } from '../look/empty.tsx'
import { Failure } from '../look/failure.tsx'
import { stateNames } from '../storefront/states.ts'
import { AsItHappens } from './as-it-happens.tsx'
import { BoardFilters } from './board-filters.tsx'
import { BoardTable } from './board-table.tsx'
import { Bulk } from './bulk.tsx'
import { useBoard } from './use-board.ts'

const sides = {
  display: 'grid',
  gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) 300px' },
  gap: { xs: 4, lg: 5 },
  alignItems: 'start',
}

export function BoardView() {
  const { board, refusal, again, more } = useBoard()
  const { filter, rows, after, read: isRead } = board
  return (
    <>
      <Typography variant="h1" sx={{ mb: 2.5 }}>
        Orders
      </Typography>
      <Box sx={sides}>
        <Box>
          <BoardFilters filter={filter} />
          {refusal && (
            <Failure title="The board could not be read" detail={refusal.detail} trace={refusal.trace} again={again} />
          )}
          {!isRead && !refusal && <Busy label="The orders" />}
          {isRead && rows.length === 0 && (
            <Empty
              title={filter.customer === '' ? `No order is ${stateNames[filter.state].toLowerCase()}` : 'No orders'}
            >
              Orders appear here by themselves.
            </Empty>
          )}
          {rows.length > 0 && <BoardTable board={board} />}
          {after !== undefined && (
            <Button variant="outlined" sx={{ mt: 2 }} onClick={() => void more()}>
              More orders
            </Button>
          )}
          <Bulk />
        </Box>
        <AsItHappens />
      </Box>
    </>
  )
}
