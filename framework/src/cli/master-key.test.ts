/** The master key that a server is handed in a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { masterKeyIn } from './master-key.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundplan-key-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const named = { GROUNDPLAN_MASTER_KEY_FILE: 'key' }
const digits = 'a5'.repeat(32)

it('is none where none is named: each system then has one of its own', async () => {
  expect(await masterKeyIn(folder, {})).toBeUndefined()
  expect(await masterKeyIn(folder, { GROUNDPLAN_MASTER_KEY_FILE: '' })).toBeUndefined()
})

it('is read from the file, with or without a line end', async () => {
  for (const text of [digits, `${digits}\n`]) {
    writeFileSync(join(folder, 'key'), text)
    expect(await masterKeyIn(folder, named)).toEqual(Buffer.alloc(32, 0xa5))
  }
})

it('is refused where the file is not there or holds none: data is never sealed with another one', async () => {
  await expect(masterKeyIn(folder, named)).rejects.toThrow(/cannot be read/)
  for (const text of ['', 'secret', digits.slice(1)]) {
    writeFileSync(join(folder, 'key'), text)
    await expect(masterKeyIn(folder, named)).rejects.toThrow(/holds no master key/)
  }
})
