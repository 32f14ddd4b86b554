import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from './run.ts'
import { shopConfig, shopFiles, testProject } from './test/project.ts'
import { testTerminal } from './test/terminal.ts'

async function drawn(root: string, ...args: readonly string[]) {
  const terminal = testTerminal({ folder: root })
  const code = await run(['draw', ...args], terminal)
  return { code, said: terminal.said(), complained: terminal.complained() }
}

test('draws the only system as Mermaid when nothing more is said', async () => {
  using project = testProject(shopFiles)
  const { code, said } = await drawn(project.root)
  expect(code).toBe(0)
  expect(said).toMatch(/^---\ntitle: "shop"\n---\nflowchart LR\n/)
  expect(said).toContain('list<br>GET /products/:productId<br>by anyone')
})

test('writes an SVG into a file, and says nothing', async () => {
  using project = testProject(shopFiles)
  const { code, said } = await drawn(project.root, 'shop', '--format', 'svg', '--output', 'shop.svg')
  expect([code, said]).toEqual([0, ''])
  expect(readFileSync(join(project.root, 'shop.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
})

test('names the nearest format and asks which system, with the exit code of wrong usage', async () => {
  using project = testProject({
    ...shopFiles,
    'groundplan.config.ts': shopConfig.replace("{ shop: './", "{ other: './other.ts', shop: './"),
  })
  const format = await drawn(project.root, 'shop', '--format', 'svgg')
  expect(format).toMatchObject({ code: 2, complained: expect.stringContaining('did you mean --format svg?') })
  const system = await drawn(project.root)
  expect(system).toMatchObject({ code: 2, complained: expect.stringContaining('groundplan draw other | shop') })
  expect(await drawn(project.root, 'shop', 'other')).toMatchObject({ code: 2 })
})

test('says which folder is missing when it cannot write', async () => {
  using project = testProject(shopFiles)
  const { code, complained } = await drawn(project.root, 'shop', '--output', 'none/shop.mmd')
  expect(code).toBe(1)
  expect(complained).toContain('does not exist')
})
