import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../embedded/test/folder.ts'
import { walkUnderKills } from './test/queue-kills.ts'

describe('a queue whose process is killed', { timeout: 120_000 }, () => {
  it('loses no message, keeps the order of each key, and says of each dead letter why', async () => {
    const folder = temporaryFolder()
    const source = dirname(fileURLToPath(import.meta.url))
    try {
      const walk = { folder: folder.path, source, kills: 4, lines: 20, stepsEach: 50, random: Math.random }
      expect(await walkUnderKills(walk)).toEqual({ kills: 4, done: 980, dead: 20 })
    } finally {
      folder.remove()
    }
  })
})
