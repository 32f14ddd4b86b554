/** Files that people may edit, written again and again. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { writeFiles } from './write.ts'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'groundplan-write-')), 'deploy')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const conf = (text: string) => [{ path: 'nginx.conf', text }]
const text = (path: string) => readFileSync(join(folder, path), 'utf8')

it('writes what is not there, renews what nobody edited, and leaves what is the same', () => {
  expect(writeFiles(folder, conf('one'), false)).toEqual({ written: ['nginx.conf'], same: [], kept: [] })
  expect(writeFiles(folder, conf('one'), false)).toEqual({ written: [], same: ['nginx.conf'], kept: [] })
  expect(writeFiles(folder, conf('two'), false)).toEqual({ written: ['nginx.conf'], same: [], kept: [] })
  expect(text('nginx.conf')).toBe('two')
})

it('keeps what somebody edited, however often it is called, and puts the new text beside it', () => {
  writeFiles(folder, conf('one'), false)
  writeFileSync(join(folder, 'nginx.conf'), 'mine')
  for (const next of ['two', 'three']) {
    expect(writeFiles(folder, conf(next), false)).toEqual({ written: [], same: [], kept: ['nginx.conf'] })
    expect([text('nginx.conf'), text('nginx.conf.new')]).toEqual(['mine', next])
  }
})

it('keeps a file that was there before it wrote any', () => {
  writeFiles(folder, [], false)
  writeFileSync(join(folder, 'nginx.conf'), 'mine')
  expect(writeFiles(folder, conf('one'), false).kept).toEqual(['nginx.conf'])
})

it('overwrites an edited file when it is told to, and takes what lay beside it away', () => {
  writeFiles(folder, conf('one'), false)
  writeFileSync(join(folder, 'nginx.conf'), 'mine')
  writeFiles(folder, conf('two'), false)
  expect(writeFiles(folder, conf('two'), true).written).toEqual(['nginx.conf'])
  expect([text('nginx.conf'), existsSync(join(folder, 'nginx.conf.new'))]).toEqual(['two', false])
  expect(writeFiles(folder, conf('three'), false).written, 'as if it had never been edited').toEqual(['nginx.conf'])
})
