'use client'
/**
 * A chart with the same as a table: the drawing is loaded where there is one, and only then; who does not see it, or wants
 * the numbers, opens the table.
 */
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Card from '@mui/material/Card'
import Typography from '@mui/material/Typography'
import { useEffect, useId, useRef, useState } from 'react'
import { lookAttribute } from '../look/theme.ts'
import { tableLook } from './board-table.tsx'
import type { ChartColours, ChartData, Drawing } from './drawing.ts'

export interface ChartProps {
  readonly title: string
  /** What it says, in a sentence. */
  readonly says: string
  readonly data: ChartData
  /** What the two columns of the table are. */
  readonly columns: readonly [string, string]
}

export function Chart({ title, says, data, columns }: ChartProps) {
  const id = useId()
  const [isTable, setTable] = useState(false)
  return (
    <Card component="section" aria-labelledby={id} sx={{ p: 2.5, minWidth: 0 }}>
      <Box sx={{ display: 'flex', justifyContent: 'space-between', alignItems: 'baseline', gap: 2 }}>
        <Typography id={id} variant="h2">
          {title}
        </Typography>
        <Button size="small" aria-pressed={isTable} sx={{ flexShrink: 0 }} onClick={() => setTable(before => !before)}>
          {isTable ? 'As a chart' : 'As a table'}
        </Button>
      </Box>
      <Typography variant="body2" sx={{ color: 'text.secondary', mb: 1.5 }}>
        {says}
      </Typography>
      {isTable ? (
        <Numbers data={data} columns={columns} label={title} />
      ) : (
        <Drawn data={data} label={`${title}. ${says}`} />
      )}
    </Card>
  )
}

interface NumbersProps {
  readonly data: ChartData
  readonly columns: readonly [string, string]
  readonly label: string
}

function Numbers({ data: { points, words }, columns: [first, second], label }: NumbersProps) {
  return (
    // A long table scrolls in its place, for keyboards, too.
    <Box tabIndex={0} role="region" aria-label={`${label}: table`} sx={{ height: 260, overflowY: 'auto' }}>
      <Box component="table" aria-label={label} sx={tableLook}>
        <thead>
          <tr>
            <th>{first}</th>
            <th className="end">{second}</th>
          </tr>
        </thead>
        <tbody>
          {points.map(({ name, value }) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="end">{words(value)}</td>
            </tr>
          ))}
        </tbody>
      </Box>
    </Box>
  )
}

function Drawn({ data, label }: { readonly data: ChartData; readonly label: string }) {
  const place = useRef<HTMLDivElement>(null)
  const [drawing, setDrawing] = useState<Drawing>()
  const colours = useColours()
  useEffect(() => {
    let made: Drawing | undefined
    let isOpen = true
    void import('./drawing.ts').then(({ drawingIn }) => {
      if (!isOpen || !place.current) return
      made = drawingIn(place.current)
      setDrawing(made)
    })
    return () => {
      isOpen = false
      made?.end()
    }
  }, [])
  useEffect(() => drawing?.show(data, colours), [drawing, data, colours])
  return <Box ref={place} role="img" aria-label={label} data-drawn={drawing !== undefined} sx={{ height: 260 }} />
}

/** Those of the theme, by day or by night as it is. */
function useColours(): ChartColours {
  const [colours, setColours] = useState<ChartColours>(fallback)
  useEffect(() => {
    const read = (): void => setColours(coloursNow())
    read()
    const watcher = new MutationObserver(read)
    watcher.observe(document.documentElement, { attributeFilter: [lookAttribute] })
    return () => watcher.disconnect()
  }, [])
  return colours
}

function coloursNow(): ChartColours {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise
  return {
    accent: colour('--mui-palette-primary-main', fallback.accent),
    text: colour('--mui-palette-text-secondary', fallback.text),
    line: colour('--mui-palette-divider', fallback.line),
    paper: colour('--mui-palette-background-paper', fallback.paper),
  }
}

const fallback: ChartColours = { accent: '#0a5562', text: '#46595e', line: '#c9d5d7', paper: '#fdfefe' }
