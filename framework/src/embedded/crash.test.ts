import { describe, expect, inject, it } from 'vitest'
import { crashRounds } from './test/crash.ts'
import { temporaryFolder } from './test/folder.ts'
import { engineSource } from './test/program.ts'

describe('a process that is killed', () => {
  it('leaves every acknowledged write and message, nothing by half, attempts counted, keys in order', async () => {
    const folder = temporaryFolder()
    const kills = inject('thorough') ? 12 : 4
    try {
      const report = await crashRounds(folder.path, kills, { source: engineSource(), random: Math.random })
      expect(report.kills).toBe(kills)
      expect(report.commits).toBeGreaterThan(0)
      expect(report.done + report.finished).toBeGreaterThan(0)
    } finally {
      folder.remove()
    }
  }, 120_000)
})
