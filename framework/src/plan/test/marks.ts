/**
 * For tests of the check: the line of a word that a test declares. A comment `// at: stock` stands right above the line
 * that is meant, and `at('stock')` gives its place as a mistake prints it.
 */
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Mistake, type Note, printed } from '../mistake.ts'

export interface Marks {
  at(mark: string): string
  /** Mistakes as a person reads them. */
  lines(findings: readonly (Mistake | Note)[]): readonly string[]
}

/** The marks of a test file, by its `import.meta.url`. */
export function marksIn(url: string): Marks {
  const file = fileURLToPath(url)
  const source = readFileSync(file, 'utf8').split('\n')
  return {
    at(mark) {
      const lines = source.flatMap((text, line) => (text.trim() === `// at: ${mark}` ? [line] : []))
      const [line] = lines
      if (line === undefined || lines.length > 1) throw new Error(`${file} has ${lines.length} lines "// at: ${mark}"`)
      return `${basename(file)}:${line + 2}`
    },
    lines: findings => findings.map(found => printed(found, dirname(file))),
  }
}
