/**
 * A process that serves the counter on disk until it is killed. Says `ready <address>`. Each one lives a minute later
 * than the one before, so that no claim of a process that died holds it up.
 */
import { writeSync } from 'node:fs'
import { serve } from '../../http/node.ts'
import { embedded } from '../embedded.ts'
import { aheadClock } from './ahead.ts'
import { sales } from './sales-plan.ts'

const [folder = '', life = '0'] = process.argv.slice(2)
const clock = aheadClock(Number(life))
const report = (error: unknown): void => void writeSync(2, `${String(error)}\n`)
const target = embedded({
  folder,
  baseUrl: 'http://localhost',
  clock,
  logs: ({ level, message }) => (level === 'error' ? report(message) : undefined),
})
const { door } = await target.start(sales, { settings: {}, secrets: {} })
const { url } = await serve([door], { clock, report, mount: '/' })
writeSync(1, `ready ${url}\n`)
