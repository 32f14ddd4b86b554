/** A process that is killed in the middle of its commits leaves none by half, and loses none that was acknowledged. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { build } from 'esbuild'
import type { TableShape } from 'groundplan/driver'
import { describe, expect, it, vi } from 'vitest'
import { Dynamo } from './dynamo.ts'
import { makeTables } from './setup.ts'
import { dynamoStore } from './store.ts'
import { realClock } from './test/clock.ts'
import { against, credentials } from './test/engines.ts'
import { removeTables } from './test/tables.ts'

vi.setConfig({ testTimeout: 120_000 })

const folder = fileURLToPath(new URL('.', import.meta.url))
const tables: readonly TableShape[] = [{ name: 'things', key: ['id'], indexes: {}, changesTo: [] }]
const kills = 6

/** Commits without end, several at a time; says which were acknowledged. */
const program = `
  import { Dynamo } from './dynamo.ts'
  import { dynamoStore } from './store.ts'
  const { endpoint, prefix, tables, credentials, round } = JSON.parse(process.argv.at(-1))
  const clock = { now: () => Date.now(), at: (ms, run) => { const t = setTimeout(run, ms - Date.now()); return () => clearTimeout(t) } }
  const dynamo = new Dynamo({ clock, region: 'eu-central-1', endpoint, credentials })
  const store = dynamoStore({ dynamo, prefix, tables })
  let made = 0
  const worker = async () => {
    for (;;) {
      const id = 'order ' + round + '/' + ++made
      await store.commit({
        writes: [
          { op: 'insert', table: 'things', item: { id } },
          { op: 'add', table: 'things', key: { id: 'counter' }, by: { n: 1 }, start: {} },
        ],
        messages: [{ queue: 'work', id, body: '{}' }],
      })
      console.log(id)
    }
  }
  for (let n = 0; n < 4; n++) worker()
`

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: folder, loader: 'ts' },
    ...{ bundle: true, write: false, platform: 'node', format: 'esm', conditions: ['groundplan-source'] },
    external: ['@aws-sdk/*', '@smithy/*', 'zod', 'croner'],
  })
  return outputFiles[0]?.text ?? ''
}

/** Kills it once it has acknowledged so many; gives all that it did acknowledge. */
async function killedAfter(child: ChildProcess, count: number): Promise<readonly string[]> {
  const said: string[] = []
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  if (child.stdout) {
    createInterface(child.stdout).on('line', line => {
      if (said.push(line) === count) child.kill('SIGKILL')
    })
  }
  await ended
  expect(child.signalCode).toBe('SIGKILL')
  return said
}

await against('dynamodb', ({ endpoint }) => {
  describe('a process that is killed', () => {
    it('leaves no commit by half, and all that it acknowledged', async () => {
      const prefix = `test-${randomUUID()}`
      const dynamo = new Dynamo({ clock: realClock(), region: 'eu-central-1', endpoint, credentials })
      await makeTables(dynamo, prefix, tables)
      try {
        const source = await bundled()
        const acknowledged: string[] = []
        for (let round = 0; round < kills; round++) {
          const given = JSON.stringify({ endpoint, prefix, tables, credentials, round })
          const node = ['--input-type=module', '-', given]
          const child = spawn(process.execPath, node, { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] })
          child.stdin.end(source)
          acknowledged.push(...(await killedAfter(child, 5 + round * 3)))
        }
        const store = dynamoStore({ dynamo, prefix, tables })
        const kept = async () => {
          const messages = (await store.outbox.peek(1_000)).map(({ message }) => message.id)
          const { items } = await store.scan('things', { limit: 1_000 })
          const orders = items.map(({ id }) => id).filter(id => id !== 'counter')
          return { orders, messages, counter: await store.get('things', { id: 'counter' }) }
        }
        // What was under way when the process died may end while one looks: then one looks again.
        const isWhole = async () => {
          const { orders, messages, counter } = await kept()
          const areSame = isDeepStrictEqual(new Set(orders), new Set(messages))
          return areSame && messages.length === orders.length && counter?.n === orders.length
        }
        await expect.poll(isWhole).toBe(true)
        expect((await kept()).orders).toEqual(expect.arrayContaining(acknowledged))
      } finally {
        await removeTables(dynamo, prefix)
        dynamo.close()
      }
    })
  })
})
