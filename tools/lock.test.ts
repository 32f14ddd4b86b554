import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { completed, missingPackages } from '../scripts/lib/lock.mjs'
import { root } from './tree.ts'

test('package-lock.json names the packages of every platform; if not, `npm run lock` adds them', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  expect(Object.keys(missingPackages(lock))).toEqual([])
})

const program = {
  version: '2.0.0',
  dev: true,
  optionalDependencies: { '@program/cli-linux-x64-musl': '2.0.0', '@program/cli-darwin-arm64': '2.0.0' },
}

test('a package that is asked for and missing is added with version and platform, in order', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/program': program,
      'node_modules/@program/cli-darwin-arm64': { version: '2.0.0' },
    },
  }
  expect(Object.keys(missingPackages(lock))).toEqual(['node_modules/@program/cli-linux-x64-musl'])
  const { packages } = completed(lock)
  expect(Object.keys(packages)).toEqual([
    '',
    'node_modules/@program/cli-darwin-arm64',
    'node_modules/@program/cli-linux-x64-musl',
    'node_modules/program',
  ])
  expect(packages['node_modules/@program/cli-linux-x64-musl']).toEqual({
    version: '2.0.0',
    cpu: ['x64'],
    dev: true,
    libc: ['musl'],
    optional: true,
    os: ['linux'],
  })
  expect(missingPackages(completed(lock))).toEqual({})
})

test('a package below the one that asks for it, or beside it, is there', () => {
  const nested = 'node_modules/other/node_modules/program'
  const found = (path: string) =>
    missingPackages({
      packages: { '': {}, [nested]: { ...program, optionalDependencies: { dep: '1.0.0' } }, [path]: {} },
    })
  for (const path of [`${nested}/node_modules/dep`, 'node_modules/other/node_modules/dep', 'node_modules/dep']) {
    expect(found(path)).toEqual({})
  }
})

test('a package whose platform does not stand in its name is for a person to add', () => {
  const lock = { packages: { 'node_modules/program': { version: '1.0.0', optionalDependencies: { extra: '1.0.0' } } } }
  expect(() => missingPackages(lock)).toThrow(/extra@1\.0\.0: add it to package-lock\.json by hand/)
})
