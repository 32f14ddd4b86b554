'use client'
/** The notices of a day, the newest first; what nobody has seen to stands out. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useCallback, useEffect, useState } from 'react'
import { Answered } from '../accounts/answered.tsx'
import { type Refusal, refusalOf, useAsked, valueIn } from '../asking/asking.ts'
import { Empty } from '../look/empty.tsx'
import { Failure } from '../look/failure.tsx'
import { Field } from '../look/field.tsx'
import { TextLink } from '../look/links.tsx'
import { Moment } from '../look/moment.tsx'
import { ops } from '../storefront/clients.ts'
import type { Notice } from '../storefront/shapes.ts'
import { LiveMark } from './live-mark.tsx'
import { useOps } from './store.tsx'

/** A notice is written a moment after its order. */
const laterMs = 300

export function InboxView() {
  const [day, setDay] = useState(() => new Date().toISOString().slice(0, 10))
  const asked = useAsked(useCallback(() => noticesOf(day), [day]))
  const { again } = asked
  const heard = useOps(({ feed }) => feed.heard + feed.connects)
  useEffect(() => {
    if (heard === 0) return undefined
    const timer = setTimeout(again, laterMs)
    return () => clearTimeout(timer)
  }, [heard, again])
  const waiting = asked.value?.filter(({ seenAt }) => seenAt === undefined).length ?? 0
  return (
    <>
      <Typography variant="h1">Inbox</Typography>
      <Box sx={{ display: 'flex', gap: 2, color: 'text.secondary', mt: 0.5, mb: 2.5 }}>
        <Typography variant="body2" role="status">
          {waiting === 0 ? 'Everything was seen to' : `${waiting} to see to`}
        </Typography>
        <LiveMark />
      </Box>
      <Box sx={{ mb: 2.5, maxWidth: 200 }}>
        <Field
          label="Day (UTC)"
          type="date"
          value={day}
          onChange={({ target }) => target.value !== '' && setDay(target.value)}
        />
      </Box>
      <Answered asked={asked} what="The inbox">
        {notices => <Notices notices={notices} seen={again} />}
      </Answered>
    </>
  )
}

async function noticesOf(day: string): Promise<readonly Notice[]> {
  const { notices } = await valueIn(ops.inbox({ params: { day } }))
  return notices.toSorted((one, other) => (one.at < other.at ? 1 : -1))
}

function Notices({ notices, seen }: { readonly notices: readonly Notice[]; seen(): void }) {
  if (notices.length === 0) return <Empty title="Nothing on this day">Orders tell themselves here.</Empty>
  return (
    <Card component="ol" aria-label="Notices" sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {notices.map(notice => (
        <Row key={notice.noticeId} notice={notice} seen={seen} />
      ))}
    </Card>
  )
}

const row = {
  display: 'flex',
  flexWrap: 'wrap',
  gap: 1,
  columnGap: 2,
  alignItems: 'center',
  px: 2.5,
  py: 1.5,
  borderTop: '1px solid',
  borderColor: 'divider',
  '&:first-of-type': { borderTop: 0 },
}

function Row({
  notice: { day, noticeId, orderId, text, at, seenAt },
  seen,
}: {
  readonly notice: Notice
  seen(): void
}) {
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal>()
  const see = async (): Promise<void> => {
    setBusy(true)
    await valueIn(ops.seen({ params: { day, noticeId } })).catch(error => setRefusal(refusalOf(error)))
    setBusy(false)
    seen()
  }
  return (
    <Box component="li" sx={row}>
      <Box sx={{ flex: '1 1 260px', minWidth: 0 }}>
        <TextLink
          href={`/ops/orders/${orderId}`}
          prefetch={false}
          color="inherit"
          sx={seenAt === undefined ? { fontWeight: 650 } : { fontWeight: 400, color: 'text.secondary' }}
        >
          {text}
        </TextLink>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          <Moment at={at} />
        </Typography>
        {refusal && <Failure title="It was not noted" detail={refusal.detail} trace={refusal.trace} />}
      </Box>
      {seenAt === undefined ? (
        <Button size="small" variant="outlined" loading={busy} onClick={() => void see()}>
          Seen to
        </Button>
      ) : (
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          Seen to <Moment at={seenAt} />
        </Typography>
      )}
    </Box>
  )
}
