import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { leftBehind } from './temp-folder.ts'

test('tests run in a temp folder of their run', () => {
  expect(tmpdir()).toContain('groundplan-run-')
})

test('what was left in a temp folder is named, and removed with it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'left-'))
  mkdirSync(join(folder, 'cdk.outX1'))
  writeFileSync(join(folder, 'a file'), '')
  expect(leftBehind(folder)).toMatch(/^LEFT BEHIND .*: a file, cdk\.outX1$/)
  expect(existsSync(folder)).toBe(false)
})

test('nothing is said of a temp folder in which nothing was left', () => {
  expect(leftBehind(mkdtempSync(join(tmpdir(), 'left-')))).toBeUndefined()
})
