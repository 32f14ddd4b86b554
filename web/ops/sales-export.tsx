'use client'
/** Writes the sales facts of a day as Parquet and gives the file. */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Link from '@mui/material/Link'
import Typography from '@mui/material/Typography'
import { useState } from 'react'
import { type Refusal, refusalOf, valueIn } from '../asking/asking.ts'
import { Failure } from '../look/failure.tsx'
import { Field } from '../look/field.tsx'
import { ops } from '../storefront/clients.ts'

interface Written {
  readonly day: string
  readonly rows: number
  readonly url: string
}

export function SalesExport() {
  const [day, setDay] = useState(() => new Date().toISOString().slice(0, 10))
  const [busy, setBusy] = useState(false)
  const [written, setWritten] = useState<Written>()
  const [refusal, setRefusal] = useState<Refusal>()
  const write = async (): Promise<void> => {
    setBusy(true)
    setWritten(undefined)
    setRefusal(undefined)
    await valueIn(ops.exportSales({ params: { day } })).then(setWritten, error => setRefusal(refusalOf(error)))
    setBusy(false)
  }
  return (
    <Box component="section" aria-labelledby="export" sx={{ mt: 4 }}>
      <Typography id="export" variant="h2" sx={{ mb: 0.5 }}>
        Export of sales facts
      </Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', mb: 1.5 }}>
        A Parquet file for each day, written every night, or now.
      </Typography>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1.5, alignItems: 'flex-end' }}>
        <Field label="Day (UTC)" type="date" value={day} onChange={({ target }) => setDay(target.value)} />
        <Button
          variant="outlined"
          disabled={day === ''}
          loading={busy}
          onClick={() => void write()}
          sx={{ minHeight: 40 }}
        >
          Write it now
        </Button>
      </Box>
      <Box role="status" sx={{ mt: 1.5 }}>
        {written && (
          <Typography variant="body2">
            {written.rows} {written.rows === 1 ? 'row' : 'rows'} of {written.day}:{' '}
            <Link href={written.url} download={`sales-${written.day}.parquet`}>
              sales-{written.day}.parquet
            </Link>
          </Typography>
        )}
      </Box>
      {refusal && <Failure title="It was not written" detail={refusal.detail} trace={refusal.trace} />}
    </Box>
  )
}
