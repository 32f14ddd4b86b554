/**
 * A terminal for tests: remembers what was written, and sends signals when told to.
 */
import { Readable } from 'node:stream'
import type { EndSignal, Stray, Terminal } from '../terminal.ts'

export interface TestTerminal extends Terminal {
  /** All that was written to standard output. */
  readonly said: () => string
  /** All that was written to standard error. */
  readonly complained: () => string
  readonly exits: readonly number[]
  signal(signal: EndSignal): void
  stray(error: unknown, kind: Stray): void
  /** How many listen for signals and stray errors. */
  listeners(): number
}

export function testTerminal(
  options: Partial<Pick<Terminal, 'folder' | 'environment' | 'interactive' | 'colours' | 'input'>> = {},
): TestTerminal {
  const out: string[] = []
  const error: string[] = []
  const exits: number[] = []
  const onSignal = listeners<[EndSignal]>()
  const onStray = listeners<[unknown, Stray]>()
  return {
    folder: '.',
    environment: {},
    interactive: false,
    colours: false,
    input: Readable.from([]),
    ...options,
    out: text => void out.push(text),
    error: text => void error.push(text),
    flushed: () => Promise.resolve(),
    onSignal: onSignal.add,
    onStray: onStray.add,
    exit: code => void exits.push(code),
    said: () => out.join(''),
    complained: () => error.join(''),
    exits,
    signal: onSignal.tell,
    stray: onStray.tell,
    listeners: () => onSignal.count() + onStray.count(),
  }
}

function listeners<Given extends unknown[]>() {
  const all = new Set<(...given: Given) => void>()
  return {
    add(run: (...given: Given) => void) {
      all.add(run)
      return () => void all.delete(run)
    },
    tell(...given: Given) {
      for (const run of [...all]) run(...given)
    },
    count: () => all.size,
  }
}
