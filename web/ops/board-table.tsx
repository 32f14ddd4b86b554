'use client'
/** The orders of the board, with boxes to choose those that something is done to. */
import Box from '@mui/material/Box'
import Card from '@mui/material/Card'
import Checkbox from '@mui/material/Checkbox'
import { TextLink } from '../look/links.tsx'
import { Moment } from '../look/moment.tsx'
import { Money } from '../look/money.tsx'
import { StateMark } from '../storefront/state-mark.tsx'
import { shortId } from '../storefront/states.ts'
import { type Board, type BoardRow, chose, isHere } from './board.ts'
import { useOpsDispatch } from './store.tsx'

export const tableLook = {
  width: '100%',
  borderCollapse: 'collapse',
  fontSize: '0.9375rem',
  '& th': { textAlign: 'left', fontWeight: 600, fontSize: '0.8438rem', color: 'text.secondary' },
  '& th, & td': { px: { xs: 1, sm: 1.5 }, py: 1.25, borderTop: '1px solid', borderColor: 'divider' },
  '& thead th': { borderTop: 0 },
  '& .end': { textAlign: 'right' },
  '& .wide': { display: { xs: 'none', sm: 'table-cell' } },
}

export function BoardTable({ board: { rows, chosen, filter } }: { readonly board: Board }) {
  const dispatch = useOpsDispatch()
  const choosable = filter.customer === '' ? rows.filter(row => isHere(row, filter)).map(row => row.orderId) : []
  const all = choosable.length > 0 && choosable.every(id => chosen.includes(id))
  return (
    <Card>
      <Box component="table" aria-label="Orders" sx={tableLook}>
        <thead>
          <tr>
            <th>
              <Checkbox
                size="small"
                disabled={choosable.length === 0}
                checked={all}
                indeterminate={!all && chosen.length > 0}
                onChange={(_event, on) => dispatch(chose({ ids: choosable, on }))}
                slotProps={{ input: { 'aria-label': 'Choose all that are shown' } }}
                sx={{ m: -0.75 }}
              />
            </th>
            <th>Order</th>
            <th>Customer</th>
            <th className="wide">Placed</th>
            <th className="end">Total</th>
            <th className="wide">State</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <Row
              key={row.orderId}
              row={row}
              isThere={isHere(row, filter)}
              choosable={choosable.includes(row.orderId)}
              isChosen={chosen.includes(row.orderId)}
            />
          ))}
        </tbody>
      </Box>
    </Card>
  )
}

interface RowProps {
  readonly row: BoardRow
  readonly isThere: boolean
  readonly choosable: boolean
  readonly isChosen: boolean
}

function Row({ row: { orderId, customerName, total, state, placedAt }, isThere, choosable, isChosen }: RowProps) {
  const dispatch = useOpsDispatch()
  return (
    <Box
      component="tr"
      data-order={orderId}
      sx={{ ...(isChosen ? { bgcolor: 'primary.light' } : {}), ...(isThere ? {} : { color: 'text.secondary' }) }}
    >
      <td>
        <Checkbox
          size="small"
          disabled={!choosable}
          checked={isChosen}
          onChange={(_event, on) => dispatch(chose({ ids: [orderId], on }))}
          slotProps={{ input: { 'aria-label': `Choose ${shortId(orderId)}` } }}
          sx={{ m: -0.75 }}
        />
      </td>
      <td>
        <TextLink href={`/ops/orders/${orderId}`} prefetch={false} color="inherit">
          {shortId(orderId)}
        </TextLink>
      </td>
      <Box component="td" sx={{ overflowWrap: 'anywhere' }}>
        {customerName}
      </Box>
      <td className="wide">
        <Moment at={placedAt} />
      </td>
      <td className="end">
        <Money {...total} />
        {!isThere && (
          <Box component="span" sx={{ display: { xs: 'block', sm: 'none' } }}>
            <StateMark state={state} />
          </Box>
        )}
      </td>
      <td className="wide">
        <StateMark state={state} />
      </td>
    </Box>
  )
}
