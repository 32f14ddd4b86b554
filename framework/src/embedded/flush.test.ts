/** What happens while the disk flushes: shown with the system's own calls slowed down, or made to fail, by `strace`. */
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEnvironment } from './environment.ts'
import type { Word } from './test/flush-child.ts'
import { temporaryFolder } from './test/folder.ts'
import { bundled, engineSource, saidUntil, start } from './test/program.ts'

const source = engineSource()
const hasStrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0
if (!hasStrace) console.warn('SKIPPED: without strace nobody slows a flush down or makes it fail')

let folder: ReturnType<typeof temporaryFolder>
// Made before, so that the first flush is that of the first write.
beforeEach(async () => {
  folder = temporaryFolder()
  await openEnvironment(folder.path, { plan: 'test' }).close()
})
afterEach(() => folder.remove())

/** What the program says when each `fdatasync` is treated so. */
async function said(treatment: string): Promise<readonly string[]> {
  const program = await bundled('flush-child.ts', source)
  // Ends with its program, however that ends.
  const trace = `set -- strace -f -o /dev/null -e trace=fdatasync -e inject=fdatasync:${treatment} "$@"`
  return (await saidUntil(start(program, source, [folder.path], trace), 'end')).trim().split('\n')
}

describe.skipIf(!hasStrace)('while the disk flushes', { timeout: 60_000 }, () => {
  it('a transaction is visible, the next one is decided and visible too, and nobody is told that anything is durable', async () => {
    const lines = await said('delay_enter=1000000')
    expect(lines).toEqual(['open', 'visible b', 'visible c', 'durable a', 'durable later', 'closed'])
  })

  it('and fails to, nobody is told that anything is durable, and nothing is written from then on', async () => {
    const lines = await said('error=EIO')
    expect(lines.filter(line => line.startsWith('durable' satisfies Word))).toEqual([])
    expect(lines).toContainEqual(expect.stringMatching(/^refused a: engine-unavailable: .*the disk did not take it/))
    expect(lines).toContainEqual(
      expect.stringMatching(/^refused later: engine-unavailable: .*the disk did not take it/),
    )
  })
})
