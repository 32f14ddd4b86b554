/**
 * Where a word of a plan was written: every mistake names its file and line. The stack is captured
 * when the word is declared and read only when somebody asks, so a plan without mistakes pays little.
 */

export interface Place {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
}

/** Gives the place later. Undefined where the engine keeps no stacks. */
export type PlaceOf = () => Place | undefined

/** V8's; other engines have neither. */
interface Stacks {
  readonly captureStackTrace?: (holder: object, above: unknown) => void
  stackTraceLimit?: number
}

/** The first frame is the author's; one or two of a built-in may stand before it. Each costs. */
const frames = 3

/**
 * Remembers who called `word`, the function that a plan's author called.
 * @example const place = calledFrom(table)
 */
export function calledFrom(word: unknown): PlaceOf {
  const holder: { stack?: string } = {}
  const stacks = Error as Stacks
  if (stacks.captureStackTrace) {
    const { stackTraceLimit } = stacks
    stacks.stackTraceLimit = frames
    stacks.captureStackTrace(holder, word)
    if (stackTraceLimit !== undefined) stacks.stackTraceLimit = stackTraceLimit
  }
  return () => placeIn(holder.stack)
}

/** Says where something was really declared: for a word that is composed of others, just made by it. */
export function declaredAt<T extends object>(place: PlaceOf, declared: T): T {
  return Object.assign(declared, { place })
}

/** The first place named in a stack trace. */
export function placeIn(stack: string | undefined): Place | undefined {
  for (const line of stack?.split('\n').slice(1) ?? []) {
    const found = /\(?((?:file:\/\/)?[^\s()][^()]*?):(\d+):\d+\)?$/.exec(line.trim().replace(/^at (?:async )?/, ''))
    if (found?.[1] && !found[1].includes('node:internal')) return { file: path(found[1]), line: Number(found[2]) }
  }
  return undefined
}

function path(named: string): string {
  const bare = named.includes(' (') ? named.slice(named.lastIndexOf(' (') + 2) : named
  return bare.startsWith('file://') ? decodeURIComponent(bare.slice('file://'.length)) : bare
}
