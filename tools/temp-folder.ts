/**
 * A temp folder for each run of the tests, of its own: what tests, and the programs that they start, left in it is said
 * when the run ends, and removed. What a killed run leaves lies in one folder.
 */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What systems call it. */
const names = ['TMPDIR', 'TEMP', 'TMP'] as const

/** Vitest calls this before the tests, for each of its projects: the first one is for all. */
export default function setup(): (() => void) | undefined {
  if (tmpdir().includes('groundplan-run-')) return undefined
  const before = names.map(name => process.env[name])
  const folder = mkdtempSync(join(tmpdir(), 'groundplan-run-'))
  // As it is everywhere: some tests run programs as another user.
  chmodSync(folder, 0o1777)
  for (const name of names) process.env[name] = folder
  return () => {
    names.forEach((name, at) => {
      if (before[at] === undefined) delete process.env[name]
      else process.env[name] = before[at]
    })
    const words = leftBehind(folder)
    if (words) console.error(words)
  }
}

/** Removes the folder; says what was in it. */
export function leftBehind(folder: string): string | undefined {
  const left = readdirSync(folder).sort()
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  if (left.length === 0) return undefined
  return `LEFT BEHIND in the temp folder by tests, or by programs that they started: ${left.join(', ')}`
}
