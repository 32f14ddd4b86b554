import { describe, expect, it } from 'vitest'
import { crashRounds } from './test/crash.ts'
import { temporaryFolder } from './test/folder.ts'
import { engineSource } from './test/program.ts'

describe('a process that is killed', () => {
  it('leaves every acknowledged write and message, nothing by half, attempts counted, keys in order', async () => {
    const folder = temporaryFolder()
    try {
      const report = await crashRounds(folder.path, 12, { source: engineSource(), random: Math.random })
      expect(report.kills).toBe(12)
      expect(report.commits).toBeGreaterThan(0)
      expect(report.done).toBeGreaterThan(0)
    } finally {
      folder.remove()
    }
  }, 120_000)
})
