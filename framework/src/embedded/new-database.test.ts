import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { beginDatabase, hasDatabase, keepDatabase, unpack } from './new-database.ts'
import { temporaryFolder } from './test/folder.ts'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

describe('a new database', () => {
  it('is one when all of it is there, and not before', () => {
    expect(hasDatabase(folder.path)).toBe(false)
    beginDatabase(folder.path)
    mkdirSync(join(folder.path, 'data'))
    expect(hasDatabase(folder.path)).toBe(false)
    keepDatabase(folder.path)
    expect(hasDatabase(folder.path)).toBe(true)
    expect(readdirSync(folder.path)).toEqual(['data'])
  })

  it('has nothing of an attempt before', () => {
    beginDatabase(folder.path)
    mkdirSync(join(folder.path, 'data'))
    writeFileSync(join(folder.path, 'data/half'), '')
    beginDatabase(folder.path)
    expect(readdirSync(folder.path)).toEqual(['data.new'])
  })
})

/** An entry of an archive: its header, and its content in blocks. */
function entry(name: string, kind: string, content = ''): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write(kind, 156)
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512)
  body.write(content)
  return Buffer.concat([header, body])
}
const end = Buffer.alloc(1024)

describe('an archive', () => {
  it('becomes folders and files that nobody else reads, empty ones too', () => {
    const long = 'x'.repeat(700)
    const archive = [entry('/empty', '5'), entry('/base/1', '0', long), entry('/base/2', '0'), entry('/last', '0', 'y')]
    unpack(Buffer.concat([...archive, end]), join(folder.path, 'data'))
    const found = readdirSync(join(folder.path, 'data'), { recursive: true }).map(String)
    expect(found.sort()).toEqual(['base', join('base', '1'), join('base', '2'), 'empty', 'last'])
    expect(readFileSync(join(folder.path, 'data/base/1'), 'utf8')).toBe(long)
    expect(readFileSync(join(folder.path, 'data/last'), 'utf8')).toBe('y')
    if (process.platform !== 'win32') expect(statSync(join(folder.path, 'data/last')).mode & 0o077).toBe(0)
  })

  it('of something else is refused', () => {
    const archive = Buffer.concat([entry('/link', '2'), end])
    expect(() => unpack(archive, folder.path)).toThrow('"/link" is of a kind')
  })
})
