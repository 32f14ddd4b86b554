/** The second file of a bundle: when it is loaded, that both files have one `Fault`, and what cannot lie there. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import type { Needs } from './needs.ts'
import { aroundSecond, aside } from './rare.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const nobody: Needs = {
  ...{ rights: [], handlers: [], all: [], uses: [] },
  ...{ asks: false, alarms: false, carries: false, databases: false, cors: false },
}

/** A folder with files of these names and texts. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rare-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** Both files, beside `main.js`. */
async function madeIn(folder: string): Promise<void> {
  const { first, second, entry, check } = aside(nobody, here)
  const metas: Metafile[] = []
  const make = async (contents: string, file: string, more: object) => {
    const { metafile } = await build({
      ...{ bundle: true, format: 'cjs', platform: 'node', minify: true, logLevel: 'silent', metafile: true },
      stdin: { contents, resolveDir: here, sourcefile: `${file}.ts`, loader: 'ts' },
      outfile: join(folder, file),
      absWorkingDir: folder,
      conditions: ['groundplan-source'],
      ...more,
    })
    metas.push(metafile as Metafile)
  }
  await make(`export * from ${JSON.stringify(join(folder, 'main.ts'))}`, 'index.js', { plugins: [first] })
  await make(entry() ?? '', 'rare.js', { ...aroundSecond, plugins: [second] })
  await check(metas[0] as Metafile, metas[1] as Metafile, folder)
}

function said(folder: string, script: string): unknown {
  writeFileSync(join(folder, 'ask.cjs'), script)
  return JSON.parse(execFileSync(process.execPath, [join(folder, 'ask.cjs')]).toString())
}

const problems = JSON.stringify(
  fileURLToPath(new URL('../../../../framework/src/contract/problems.ts', import.meta.url)),
)
const rare = 'groundplan/src/runtime/refusals.ts'
const main = `import { fault, isFault } from ${problems}
import { refused } from './${rare}'
export const fine = () => 'fine'
export const caught = (code: string) => { try { refused(code) } catch (error) { return [isFault(error), String(error)] } }
export const known = () => isFault(fault('stopping', 'soon'), 'stopping')`

describe('S11: the second file of a bundle', () => {
  it('is loaded when something of it is called, and throws what the first file knows', async () => {
    const folder = folderOf({
      'main.ts': main,
      [rare]: `import { fault } from ${problems}\nexport function refused(code: never): never { throw fault(code, 'because') }`,
    })
    await madeIn(folder)
    const loaded = "const loaded = () => Object.keys(require.cache).some(path => path.endsWith('rare.js'))"
    const script = `const { fine, caught, known } = require('./index.js')
      ${loaded}
      console.log(JSON.stringify([fine(), known(), loaded(), caught('stopping'), loaded()]))`
    expect(said(folder, script)).toEqual(['fine', true, false, [true, 'Fault: stopping: because'], true])
  })

  it('cannot have what must be there at once: a constant, a class', async () => {
    for (const more of ['export const most = 3', 'export class Refused {}', "export { fault } from './a.ts'"]) {
      const folder = folderOf({ 'main.ts': main, [rare]: `export function refused() {}\n${more}`, 'a.ts': '' })
      await expect(madeIn(folder)).rejects.toThrow(`exports more than functions, and cannot wait: ${more}`)
    }
  })

  it('cannot share a class with the first, of which each would have its own', async () => {
    const folder = folderOf({
      'main.ts': `${main}\nexport { Both } from './both.ts'`,
      'both.ts': 'export class Both {}',
      [rare]: "import { Both } from '../../../both.ts'\nexport function refused() { return new Both() }",
    })
    await expect(madeIn(folder)).rejects.toThrow('both.ts would be in both files of a function, and has a class')
  })
})
