/** Which names of Zod a bundle's code may ask for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { wordsOf } from './schemas.ts'

it('S11: names that are read from something are found, however they are read; what is only said is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'words-'))
  try {
    writeFileSync(
      join(folder, 'plan.ts'),
      'const { object, array: list } = z\nobject({ a: z.string().min(1), b: z\n  .iso.date() }) // union',
    )
    const inputs = { 'plan.ts': {}, 'groundplan-schemas:zod': {}, 'gone.ts': {} }
    expect(await wordsOf({ inputs }, folder)).toEqual(['array', 'date', 'iso', 'list', 'min', 'object', 'string'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
