'use client'
/** Updates of products: what was given up and why, with the way to try it again; what is pending; what is in. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { type ReactNode, useCallback, useState } from 'react'
import { Answered } from '../accounts/answered.tsx'
import { type Refusal, refusalOf, useAsked, valueIn } from '../asking/asking.ts'
import { Empty } from '../look/empty.tsx'
import { Failure } from '../look/failure.tsx'
import { TextLink } from '../look/links.tsx'
import { Moment } from '../look/moment.tsx'
import { mono } from '../look/theme.ts'
import { ops } from '../storefront/clients.ts'
import type { FailedUpdate, ProductChanges, ProductUpdate } from '../storefront/shapes.ts'

const everyMs = 2_000

export function UpdatesView() {
  const asked = useAsked(readAll, { everyMs })
  return (
    <>
      <Typography variant="h1" sx={{ mb: 2.5 }}>
        Updates of products
      </Typography>
      <Answered asked={asked} what="The updates">
        {({ failed, pending, applied }) => (
          <Box sx={{ display: 'flex', flexDirection: 'column', gap: 4 }}>
            <Part title="Given up" none="None was given up">
              {failed.map(update => (
                <Failed key={update.updateId} update={update} redriven={asked.again} />
              ))}
            </Part>
            <Part title="Pending" none="None is pending">
              {pending.map(update => (
                <Known key={update.updateId} update={update} />
              ))}
            </Part>
            <Part title="Applied lately" none="None yet">
              {applied.map(update => (
                <Known key={update.updateId} update={update} />
              ))}
            </Part>
          </Box>
        )}
      </Answered>
    </>
  )
}

interface All {
  readonly failed: readonly FailedUpdate[]
  readonly pending: readonly ProductUpdate[]
  readonly applied: readonly ProductUpdate[]
}

/** A failed update stands among the pending ones, too, until it is tried again: it is shown once. */
async function readAll(): Promise<All> {
  const [failed, pending, applied] = await Promise.all([
    valueIn(ops.failedUpdates()),
    valueIn(ops.updates({ query: { state: 'pending', limit: 50 } })),
    valueIn(ops.updates({ query: { state: 'applied', limit: 20 } })),
  ])
  const given = new Set(failed.items.map(({ updateId }) => updateId))
  return {
    failed: failed.items,
    pending: pending.items.filter(({ updateId }) => !given.has(updateId)),
    applied: applied.items,
  }
}

interface PartProps {
  readonly title: string
  readonly none: string
  readonly children: readonly ReactNode[]
}

function Part({ title, none, children }: PartProps) {
  return (
    <Box component="section" aria-label={title}>
      <Typography variant="h2" sx={{ mb: 1.5 }}>
        {title}
      </Typography>
      {children.length === 0 ? (
        <Empty title={none} />
      ) : (
        <Card component="ol" sx={{ listStyle: 'none', m: 0, p: 0 }}>
          {children}
        </Card>
      )}
    </Box>
  )
}

const row = {
  display: 'flex',
  flexWrap: 'wrap',
  gap: 1,
  columnGap: 2,
  alignItems: 'center',
  justifyContent: 'space-between',
  px: 2.5,
  py: 1.75,
  borderTop: '1px solid',
  borderColor: 'divider',
  '&:first-of-type': { borderTop: 0 },
}

function Known({ update: { productId, changes, by, at, appliedAt } }: { readonly update: ProductUpdate }) {
  return (
    <Box component="li" sx={row}>
      <Box sx={{ minWidth: 0 }}>
        <TextLink href={`/ops/products/${productId}`} prefetch={false} color="inherit">
          {productId}
        </TextLink>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {wordsOf(changes)}, by {by}
        </Typography>
      </Box>
      <Typography component="span" variant="body2" sx={{ color: 'text.secondary' }}>
        <Moment at={appliedAt ?? at} />
      </Typography>
    </Box>
  )
}

function Failed({ update, redriven }: { readonly update: FailedUpdate; redriven(): void }) {
  const { updateId, productId, changes, reason, attempts, failedAt, trace } = update
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  const redrive = useCallback(async () => {
    setBusy(true)
    await valueIn(ops.redrive({ params: { updateId } })).catch(error => setRefusal(refusalOf(error)))
    setBusy(false)
    redriven()
  }, [updateId, redriven])
  return (
    <Box component="li" sx={row}>
      <Box sx={{ minWidth: 0, flex: '1 1 320px' }}>
        <Typography component="p" sx={{ fontWeight: 600 }}>
          {productId ?? 'A message nobody can read'}
        </Typography>
        {changes && (
          <Typography variant="body2" sx={{ color: 'text.secondary' }}>
            {wordsOf(changes)}
          </Typography>
        )}
        <Typography variant="body2" sx={{ color: 'error.main', overflowWrap: 'anywhere' }}>
          {reason}
        </Typography>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {attempts} attempts, the last <Moment at={failedAt} />
          {trace !== undefined && (
            <>
              , trace{' '}
              <Box component="code" sx={{ fontFamily: mono, fontSize: '0.8125rem', overflowWrap: 'anywhere' }}>
                {trace}
              </Box>
            </>
          )}
        </Typography>
        {refusal && <Failure title="It was not tried again" detail={refusal.detail} trace={refusal.trace} />}
      </Box>
      <Button variant="outlined" loading={busy} onClick={() => void redrive()}>
        Try again
      </Button>
    </Box>
  )
}

function wordsOf(changes: ProductChanges): string {
  const names = Object.keys(changes)
  return names.length === 0 ? 'Nothing' : `Changes ${names.join(', ')}`
}
