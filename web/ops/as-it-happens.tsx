'use client'
/** The last steps of orders, the newest first, as they happen. */
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { Empty } from '../look/empty.tsx'
import { TextLink } from '../look/links.tsx'
import { Moment } from '../look/moment.tsx'
import { Money } from '../look/money.tsx'
import { StateMark } from '../storefront/state-mark.tsx'
import { shortId } from '../storefront/states.ts'
import { LiveMark } from './live-mark.tsx'
import { useOps } from './store.tsx'

const row = { py: 1.25, borderTop: '1px solid', borderColor: 'divider', '&:first-of-type': { borderTop: 0 } }
const line = { display: 'flex', justifyContent: 'space-between', columnGap: 2, flexWrap: 'wrap' }

/** `most`: so many steps. */
export function AsItHappens({ most = 10 }: { readonly most?: number }) {
  const steps = useOps(({ feed }) => feed.steps)
  return (
    <Box component="section" aria-labelledby="happens">
      <Box sx={{ ...line, alignItems: 'baseline', mb: 1 }}>
        <Typography id="happens" variant="h2">
          As it happens
        </Typography>
        <LiveMark />
      </Box>
      {steps.length === 0 ? (
        <Empty title="Nothing yet today" />
      ) : (
        <Box component="ol" sx={{ listStyle: 'none', m: 0, p: 0 }}>
          {steps.slice(0, most).map(({ orderId, seq, state, at, customerName, total }) => (
            <Typography key={`${orderId} ${seq}`} component="li" variant="body2" sx={row}>
              <Box component="span" sx={line}>
                <StateMark state={state} />
                <Box component="span" sx={{ color: 'text.secondary' }}>
                  <Moment at={at} />
                </Box>
              </Box>
              <Box component="span" sx={line}>
                <span>
                  <TextLink href={`/ops/orders/${orderId}`} prefetch={false} color="inherit">
                    {shortId(orderId)}
                  </TextLink>
                  {customerName === undefined ? '' : ` ${customerName}`}
                </span>
                {total && <Money {...total} />}
              </Box>
            </Typography>
          ))}
        </Box>
      )}
    </Box>
  )
}
