/**
 * Claim: what `groundplan start` gives is there quickly and is light: a first API answer within 1 s and a first page within
 * 3 s of the command, and pages that a slow phone draws nearly as soon as a bare page of Next.js.
 *
 * `-- --rounds=5` for another number of warm starts and traces; `--cold=1` for that of cold starts, which build the pages.
 */
import { rmSync } from 'node:fs'
import { bare, type Front, openFolder, ours } from './fronts.ts'
import { type Figures, openChromium, tracedPage } from './traced.ts'

const option = (name: string, usual: number): number =>
  Number(process.argv.find(argument => argument.startsWith(`--${name}=`))?.split('=')[1] ?? usual)
const rounds = option('rounds', 5)
const cold = option('cold', 1)

interface Taken {
  readonly apiMs: number | undefined
  readonly pageMs: number
}

/** From the command to the first good answers, each asked for until it is there. */
async function taken(front: Front): Promise<Taken> {
  const began = performance.now()
  const { url, stop } = await front.start()
  const first = async (path: string): Promise<number> => {
    while (!(await isThere(url + path))) await new Promise(resolve => setTimeout(resolve, 5))
    return performance.now() - began
  }
  const page = Object.values(front.pages).at(-1) ?? '/'
  const [pageMs, apiMs] = await Promise.all([first(page), front.api === undefined ? undefined : first(front.api)])
  await stop()
  return { apiMs, pageMs }
}

async function isThere(url: string): Promise<boolean> {
  const answer = await fetch(url, { headers: { accept: 'text/html, application/json' } }).catch(() => undefined)
  await answer?.text()
  return answer?.status === 200
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

function row(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}

function seconds(all: readonly Taken[], what: keyof Taken): string {
  const values = all.flatMap(each => each[what] ?? [])
  return values.length === 0 ? '–' : `${(median(values) / 1_000).toFixed(2)} s`
}

async function starts(fronts: readonly Front[]): Promise<void> {
  row([
    'from the command',
    `first API answer, cold (${cold})`,
    'first page, cold',
    `API, warm (${rounds})`,
    'page, warm',
  ])
  row(['---', '---', '---', '---', '---'])
  const runs = fronts.map(front => ({ front, coldly: [] as Taken[], warmly: [] as Taken[] }))
  for (let round = 0; round < cold; round++) {
    for (const { front, coldly } of runs) {
      front.forget()
      coldly.push(await taken(front))
    }
  }
  for (let round = 0; round < rounds; round++) for (const { front, warmly } of runs) warmly.push(await taken(front))
  for (const { front, coldly, warmly } of runs) {
    const cells = [
      seconds(coldly, 'apiMs'),
      seconds(coldly, 'pageMs'),
      seconds(warmly, 'apiMs'),
      seconds(warmly, 'pageMs'),
    ]
    row([front.name, ...cells])
  }
}

async function traces(fronts: readonly Front[]): Promise<void> {
  row([`page, ${rounds} rounds`, 'largest part drawn', 'jumps', 'blocked', 'scripts', 'requests'])
  row(['---', '---', '---', '---', '---', '---'])
  const browser = await openChromium()
  try {
    for (const front of fronts) await tracesOf(front, url => tracedPage(browser, url))
  } finally {
    await browser.close()
  }
}

async function tracesOf(front: Front, trace: (url: string) => Promise<Figures>): Promise<void> {
  const { url, stop } = await front.start()
  try {
    for (const [name, path] of Object.entries(front.pages)) {
      while (!(await isThere(url + path))) await new Promise(resolve => setTimeout(resolve, 50))
      const all: Figures[] = []
      for (let round = 0; round < rounds; round++) all.push(await trace(url + path))
      const of = (what: keyof Figures): number => median(all.map(figures => figures[what]))
      const cells = [`${(of('lcpMs') / 1_000).toFixed(2)} s`, of('cls').toFixed(3), `${of('blockedMs').toFixed(0)} ms`]
      row([`${front.name}: ${name}`, ...cells, `${of('scriptKb').toFixed(0)} KB`, of('requests').toFixed(0)])
    }
  } finally {
    await stop()
  }
}

const above = openFolder()
try {
  const fronts = [ours(above), bare(above)]
  await starts(fronts)
  console.log('')
  await traces(fronts)
} finally {
  rmSync(above, { recursive: true, force: true, maxRetries: 5 })
}
