/** When a bundle loads Node's `crypto`, and that what it takes from there is what Node has. */
import { execFileSync } from 'node:child_process'
import { createHash, KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { lazily } from './lazily.ts'

const folder = mkdtempSync(join(tmpdir(), 'lazily-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a module says that has `loaded`: whether `crypto` is there by now. */
async function said(contents: string): Promise<unknown> {
  const loaded = "const loaded = () => process.moduleLoadList.includes('NativeModule crypto')"
  const stdin = { contents: `${contents.replace('BEGIN', loaded)}`, loader: 'js', resolveDir: '/' } as const
  const { outputFiles } = await build({
    ...{ stdin, bundle: true, format: 'cjs', platform: 'node', write: false, minify: true, logLevel: 'silent' },
    plugins: [lazily],
  })
  const [{ text } = { text: '' }] = outputFiles
  const file = join(folder, 'said.cjs')
  writeFileSync(file, text)
  return JSON.parse(execFileSync(process.execPath, [file]).toString())
}

describe('S11: a bundle', () => {
  it('loads crypto when it first uses a function of it, and not before', async () => {
    const answer = await said(`import { createHash, timingSafeEqual } from 'node:crypto'
      BEGIN
      const before = loaded()
      const hash = createHash('sha256').update('ground').digest('hex')
      console.log(JSON.stringify([before, hash, timingSafeEqual(Buffer.from('a'), Buffer.from('b')), loaded()]))`)
    expect(answer).toEqual([false, createHash('sha256').update('ground').digest('hex'), false, true])
  })

  it('has the classes of crypto, and crypto as a whole, as Node has them: loaded at once', async () => {
    const classes = await said(`import { createSecretKey, KeyObject } from 'crypto'
      BEGIN
      console.log(JSON.stringify([loaded(), createSecretKey(Buffer.from('key')) instanceof KeyObject, KeyObject.name]))`)
    expect(classes).toEqual([true, true, KeyObject.name])
    const whole = await said(`import crypto from 'node:crypto'
      BEGIN
      console.log(JSON.stringify([loaded(), typeof crypto.webcrypto.subtle.digest]))`)
    expect(whole).toEqual([true, 'function'])
  })
})
