/**
 * The tutorial, read from its page and done from the first line to the last: its commands are run in one folder, its
 * code goes into its files, what it shows as output has to come. Two things are other than for a reader: the port, so that nobody
 * else's is taken, and that nothing is fetched: Groundplan is the one that `npm pack` packs, already installed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../scripts/lib/free-port.mjs'
import { type Packed, packed } from './test/packed.ts'
import { repository } from './test/project.ts'

/** A code block of the page, with the comment before it that says what is to be done with it. */
interface Block {
  readonly language: string
  readonly comment: string
  readonly text: string
  readonly line: number
}

interface Section {
  readonly title: string
  readonly blocks: readonly Block[]
}

const page = readFileSync(join(repository, 'docs/tutorial/README.md'), 'utf8')

function sections(): readonly Section[] {
  return page
    .split(/^## /m)
    .slice(1)
    .map(text => ({ title: text.split('\n', 1)[0] ?? '', blocks: blocksIn(text, page.indexOf(text)) }))
}

function blocksIn(text: string, at: number): readonly Block[] {
  return [...text.matchAll(/(?:^<!-- (.*) -->\n)?^```(\w+)\n([\s\S]*?)^```$/gm)].map(found => ({
    comment: found[1] ?? '',
    language: found[2] ?? '',
    text: found[3] ?? '',
    line: page.slice(0, at + found.index).split('\n').length,
  }))
}

/** A newcomer at a terminal: one shell for the commands, another for what is left running. */
class Newcomer {
  readonly #place: Packed
  readonly #port: number
  #folder: string
  #left: ChildProcess | undefined
  #leftSaid = ''
  #seen = 0
  #output = ''

  constructor(place: Packed, port: number) {
    this.#place = place
    this.#port = port
    this.#folder = dirname(place.folder)
  }

  async do(block: Block): Promise<void> {
    const { comment, language } = block
    if (comment === 'leave running') return this.#leave(block.text)
    if (comment === 'kills what runs') return this.#kill(block.text)
    if (comment === 'said by what runs') return this.#hears(block.text)
    if (language === 'sh') return this.#runs(block.text)
    if (language === 'text') return this.#showed(block.text)
    return this.#edits(block)
  }

  async end(): Promise<void> {
    if (!this.#left || this.#left.exitCode !== null || this.#left.signalCode !== null) return
    this.#left.kill('SIGTERM')
    await once(this.#left, 'exit')
  }

  #spawn(commands: string): ChildProcess {
    const text = commands.replaceAll(':7400', `:${this.#port}`)
    const bins = [join(dirname(this.#place.folder), 'shims'), this.#place.bin]
    const PATH = `${bins.join(':')}:${process.env.PATH}`
    return spawn('sh', ['-ec', text], {
      cwd: this.#folder,
      env: { ...process.env, PATH, NO_COLOR: '1' },
      stdio: 'pipe',
    })
  }

  async #runs(commands: string): Promise<void> {
    const child = this.#spawn(`${commands}\nprintf '\\n%s' "$PWD"`)
    const output = heard(child)
    const [code] = await once(child, 'close')
    expect(code, output()).toBe(0)
    const said = output().trimEnd()
    this.#folder = said.slice(said.lastIndexOf('\n') + 1)
    this.#output = said
  }

  /** The lines are those of the output, in their order; between them there may be others. */
  async #showed(text: string): Promise<void> {
    const output = this.#left && this.#output === '' ? this.#leftSaid : this.#output
    this.#inOrder(text, output)
  }

  async #leave(command: string): Promise<void> {
    const child = this.#spawn(`exec ${command.trim()} --port ${this.#port}`)
    const output = heard(child)
    this.#left = child
    await expect.poll(output, { timeout: 30_000 }).toContain('Ctrl-C stops it.')
    this.#leftSaid = output()
    this.#seen = this.#leftSaid.length
    this.#output = ''
    child.stdout?.on('data', () => {
      this.#leftSaid = output()
    })
  }

  async #hears(text: string): Promise<void> {
    await expect.poll(() => this.#leftSaid.slice(this.#seen), { timeout: 20_000 }).toContain(text.trim())
    this.#seen = this.#leftSaid.length
  }

  async #kill(command: string): Promise<void> {
    const gone = this.#left && once(this.#left, 'exit')
    await this.#runs(command)
    expect(await gone).toEqual([null, 'SIGKILL'])
  }

  #inOrder(text: string, output: string): void {
    let rest = spaced(output)
    for (const line of text.replaceAll(':7400', `:${this.#port}`).trim().split('\n')) {
      const at = rest.indexOf(spaced(line))
      expect(at, `"${line}" in:\n${output}`).toBeGreaterThanOrEqual(0)
      rest = rest.slice(at + spaced(line).length)
    }
  }

  #edits({ comment, text, line }: Block): void {
    const [, way = '', file = '', , anchor = ''] =
      /^(add to|in|insert into) (\S+)( before: | replace: )?(.*)$/.exec(comment) ?? []
    expect(way, `what to do with the block at line ${line}`).not.toBe('')
    const path = join(this.#folder, file)
    const now = readFileSync(path, 'utf8')
    if (way === 'add to') {
      writeFileSync(path, `${now}\n${text}`)
      return
    }
    expect(now.split(anchor).length, `"${anchor}" stands once in ${file}`).toBe(2)
    const put = way === 'in' ? text.trimEnd() : `${text}\n${anchor}`
    writeFileSync(
      path,
      now.replace(anchor, () => put),
    )
  }
}

function spaced(text: string): string {
  return text.replaceAll(/[ \t]+/g, ' ')
}

function heard({ stdout, stderr }: ChildProcess): () => string {
  let said = ''
  for (const pipe of [stdout, stderr]) {
    pipe?.on('data', chunk => {
      said += chunk
    })
  }
  return () => said
}

/** `npx` runs what is installed, and `npm install` finds it done. */
function writeShims(folder: string): void {
  mkdirSync(folder)
  const shims = {
    npx: 'exec "$@"',
    npm: '[ "$1" = install ] && exit 0\nPATH=$(printf %s "$PATH" | cut -d: -f2-)\nexec npm "$@"',
  }
  for (const [name, text] of Object.entries(shims)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
}

describe('The tutorial', { timeout: 120_000 }, () => {
  let place: Packed
  let newcomer: Newcomer

  beforeAll(async () => {
    place = await packed('guests')
    rmSync(place.folder, { recursive: true })
    writeShims(join(dirname(place.folder), 'shims'))
    newcomer = new Newcomer(place, await freePort())
  }, 180_000)

  afterAll(async () => {
    await newcomer?.end()
    await place?.[Symbol.asyncDispose]()
  })

  it('has steps', () => {
    expect(sections().filter(({ blocks }) => blocks.length > 0).length).toBeGreaterThanOrEqual(8)
    expect(existsSync(place.folder)).toBe(false)
  })

  for (const { title, blocks } of sections()) {
    if (blocks.length === 0) continue
    it(`does what it says: ${title}`, async () => {
      for (const block of blocks) await newcomer.do(block)
    })
  }
})
