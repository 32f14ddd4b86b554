/**
 * How the mistakes and notes of plans are shown: places first, so that an editor's terminal leads there.
 */
import type { Mistake, Note } from '../plan/mistake.ts'
import type { Place } from '../plan/place.ts'
import { Failure } from './errors.ts'
import type { Paint } from './terminal.ts'

type Finding = Mistake | Note
type Weight = 'mistake' | 'note'

/** For people: place and message, the other places, the way out. */
export function findingText(weight: Weight, { message, wayOut, places }: Finding, root: string, ink: Paint): string {
  const [first, ...others] = places.map(place => placeText(place, root))
  const label = weight === 'mistake' ? ink.red('mistake') : ink.yellow('note')
  const lines = [
    `${label} ${first === undefined ? '' : `${ink.bold(first)}  `}${message}`,
    ...others.map(place => `  also ${place}`),
    `  ${ink.cyan('→')} ${wayOut}`,
  ]
  return lines.map(line => `${line}\n`).join('')
}

/** For machines: one line of JSON. */
export function findingLine(weight: Weight, { places, ...rest }: Finding, root: string): string {
  const named = places.map(({ file, line }) => ({ file: fromRoot(file, root), line }))
  const level = weight === 'mistake' ? 'error' : 'warn'
  return `${JSON.stringify({ level, event: weight, ...rest, places: named })}\n`
}

/** What a command says that needs plans without mistakes, below the list of them. */
export function mistaken(count: number): Failure {
  const wayOut = 'correct what is listed above, then run the command again'
  return new Failure(count === 1 ? 'The plan has a mistake' : `The plans have ${count} mistakes`, wayOut)
}

function placeText({ file, line }: Place, root: string): string {
  return `${fromRoot(file, root)}:${line}`
}

function fromRoot(file: string, root: string): string {
  return file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file
}
