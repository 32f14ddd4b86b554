'use client'
/** What can be done to the orders that are chosen, all at once; what did not go through is said of each. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useRef, useState } from 'react'
import { isPassing, type Refusal, refusalOf, valueIn } from '../asking/asking.ts'
import { Failure } from '../look/failure.tsx'
import { newKey, ops } from '../storefront/clients.ts'
import type { Order } from '../storefront/shapes.ts'
import { actionNames, type BulkAction, bulkActionsIn, shortId } from '../storefront/states.ts'
import { ActionDialog } from './action-dialog.tsx'
import { bulkBodyOf, type Draft } from './actions.ts'
import { changed, chose } from './board.ts'
import { useOps, useOpsDispatch } from './store.tsx'

/** What the API takes at once. */
const mostAtOnce = 50

const strip = {
  position: 'sticky',
  bottom: 16,
  mt: 2,
  px: 2,
  py: 1.25,
  display: 'flex',
  flexWrap: 'wrap',
  gap: 1,
  alignItems: 'center',
  borderColor: 'primary.main',
}

export function Bulk() {
  const { chosen, filter } = useOps(({ board }) => board)
  const dispatch = useOpsDispatch()
  const { action, busy, refusal, undone, begin, run, close } = useBulk(chosen)
  const count = chosen.length === 1 ? 'one order' : `${chosen.length} orders`
  return (
    <>
      {undone.length > 0 && (
        <Box sx={{ mt: 2 }}>
          <Failure title={`${undone.length} could not be done`} detail={undone.join('; ')} />
        </Box>
      )}
      {chosen.length > 0 && (
        <Card role="group" aria-label="What is done to the chosen orders" sx={strip}>
          <Typography role="status" sx={{ fontWeight: 600, mr: 'auto' }}>
            {chosen.length} chosen
          </Typography>
          {bulkActionsIn(filter.state).map(each => (
            <Button key={each} variant="outlined" size="small" onClick={() => begin(each)}>
              {actionNames[each]}…
            </Button>
          ))}
          <Button size="small" color="inherit" onClick={() => dispatch(chose({ ids: chosen, on: false }))}>
            None
          </Button>
        </Card>
      )}
      {action && (
        <ActionDialog
          key={action}
          action={action}
          what={count}
          busy={busy}
          refusal={refusal}
          suffices={draft => bulkBodyOf(action, draft) !== undefined}
          onDo={draft => void run(draft)}
          onCancel={close}
        />
      )}
    </>
  )
}

function useBulk(chosen: readonly string[]) {
  const dispatch = useOpsDispatch()
  const [action, setAction] = useState<BulkAction>()
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  const [undone, setUndone] = useState<readonly string[]>([])
  /** One key for what was asked, however often it is sent. */
  const key = useRef('')
  const begin = (begun: BulkAction): void => {
    key.current = newKey()
    setUndone([])
    setRefusal(undefined)
    setAction(begun)
  }
  const run = async (draft: Draft): Promise<void> => {
    const body = action && bulkBodyOf(action, draft)
    if (!body) return
    setBusy(true)
    try {
      for (let from = 0; from < chosen.length; from += mostAtOnce) {
        const orderIds = chosen.slice(from, from + mostAtOnce)
        const once = `${key.current}-${from}`
        const { results } = await valueIn(ops.changeMany({ body: { orderIds, action: body }, once }))
        dispatch(changed(results.flatMap(({ order }): Order[] => (order ? [order] : []))))
        setUndone(before => [...before, ...results.flatMap(wordsOf)])
      }
      setAction(undefined)
    } catch (error) {
      const why = refusalOf(error)
      setRefusal(why)
      // What may have been done keeps its key.
      if (!isPassing(why)) key.current = newKey()
    }
    setBusy(false)
  }
  return { action, busy, refusal, undone, begin, run, close: () => setAction(undefined) }
}

interface Result {
  readonly orderId: string
  readonly problem?: { readonly code: string; readonly detail?: string | undefined } | undefined
}

function wordsOf({ orderId, problem }: Result): string[] {
  return problem ? [`${shortId(orderId)}: ${problem.detail ?? problem.code}`] : []
}
