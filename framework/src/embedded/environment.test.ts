import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Environment, openEnvironment } from './environment.ts'
import type { Then } from './test/environment-child.ts'
import { temporaryFolder } from './test/folder.ts'
import { bundled, engineSource, saidUntil, start } from './test/program.ts'

const source = engineSource()
const program = bundled('environment-child.ts', source)
let folder: ReturnType<typeof temporaryFolder>
let data = ''
beforeEach(() => {
  folder = temporaryFolder()
  data = join(folder.path, 'data')
})
afterEach(() => folder.remove())

const opened = (plan = 'test'): Environment => openEnvironment(data, { plan })

async function child(then: Then, limit?: string) {
  return start(await program, source, [data, then], limit)
}

/** An environment with something in it, closed again. */
async function filled(): Promise<void> {
  const environment = opened()
  await environment.transactions.write(() => () => {
    for (let n = 0; n < 500; n++) void environment.items.put(Buffer.from(`key ${n}`), 'x'.repeat(1_000))
  })
  await environment.close()
}

/** How long LMDB's two heads say that the file is, which agree once it was closed. */
function countedBytes(path: string): number {
  const [one = 0, other] = [0, 8_192].map(head => Number(readFileSync(path).readBigUInt64LE(head + 24 + 120)))
  expect(one).toBe(other)
  return (one + 1) * 8_192
}

describe('the data folder of a plan', () => {
  it('is for one process at a time: another is refused, and told which process has it', async () => {
    const holder = await child('hold')
    expect(await saidUntil(holder, '\n')).toBe('open\n')
    expect(opened).toThrow(new RegExp(`^engine-unavailable: process ${holder.pid} is using the data in ".*": stop it`))
    holder.kill('SIGKILL')
    await once(holder, 'close')
    const environment = opened()
    expect(opened).toThrow(`process ${process.pid} is using`)
    await environment.close()
    await opened().close()
  })

  it('is taken over by one of several that start at the same moment after a kill', async () => {
    const holder = await child('hold')
    await saidUntil(holder, 'open')
    holder.kill('SIGKILL')
    await once(holder, 'close')
    const starters = await Promise.all(Array.from({ length: 6 }, () => child('hold')))
    const said = await Promise.all(starters.map(starter => saidUntil(starter, '\n')))
    expect(said.filter(text => text === 'open\n')).toHaveLength(1)
    expect(said.filter(text => text.startsWith('engine-unavailable: process'))).toHaveLength(5)
    for (const starter of starters) starter.kill('SIGKILL')
    await Promise.all(starters.map(starter => starter.exitCode ?? starter.signalCode ?? once(starter, 'close')))
  })

  it('knows that a process with the number of the one that is gone is another', async () => {
    mkdirSync(data)
    const lock = { pid: process.pid, started: 'another run of the machine', host: '' }
    writeFileSync(join(data, 'process.lock'), JSON.stringify(lock))
    await opened().close()
  })

  it('is not taken when nobody can tell who has it', () => {
    mkdirSync(data)
    writeFileSync(join(data, 'process.lock'), 'half a l')
    expect(opened).toThrow('does not say which process holds the folder: if none does, remove this file')
  })

  it('keeps the data of one plan', async () => {
    await opened().close()
    expect(() => opened('another')).toThrow('holds the data of plan "test", not of "another"')
    await opened().close()
  })

  it('is left alone when a newer program wrote it', async () => {
    await opened().close()
    const root = open<Buffer, Uint8Array>({
      path: join(data, 'data.mdb'),
      noSubdir: true,
      encoding: 'binary',
      keyEncoding: 'binary',
    })
    for (const plan of ['test', 'test'])
      root.putSync(Buffer.from('groundplan'), Buffer.from(JSON.stringify({ format: 5, plan })))
    await root.close()
    expect(opened).toThrow('has the format 5, this program reads up to 4: start the newer version that wrote it')
    expect(opened).toThrow('has the format 5')
    writeFileSync(join(data, 'journal-0'), 'groundplan journal 2\n')
    expect(opened).toThrow('has the format 2, this program reads up to 1: start the newer version that wrote it')
  })

  it('is left alone when the data is of another program', async () => {
    mkdirSync(data)
    const root = open({ path: join(data, 'data.mdb'), noSubdir: true })
    await root.put('mine', 1)
    await root.close()
    expect(opened).toThrow(/^data-damaged: .* holds data of another program/)
  })

  it('is left alone when its file is no data file', () => {
    mkdirSync(data)
    writeFileSync(join(data, 'data.mdb'), 'a letter to grandmother, which is longer than a head. '.repeat(20))
    expect(opened).toThrow(/^data-damaged: .* is no data file of this program. Nothing was changed/)
    expect(readFileSync(join(data, 'data.mdb'), 'utf8')).toContain('grandmother')
  })

  it('is left alone when its file was cut off, wherever', async () => {
    await filled()
    const whole = statSync(join(data, 'data.mdb')).size
    cpSync(data, `${data}-copy`, { recursive: true })
    for (const size of [100, 5_000, 8_192, Math.floor(whole / 2), whole - 1]) {
      cpSync(`${data}-copy/data.mdb`, join(data, 'data.mdb'))
      truncateSync(join(data, 'data.mdb'), size)
      expect(opened).toThrow(/^data-damaged: .* is cut off/)
      expect(statSync(join(data, 'data.mdb')).size).toBe(size)
    }
  })

  it('is whole when the pages that its file lacks are of no use: those of what came and went in one transaction', async () => {
    await filled()
    const environment = opened()
    await environment.transactions.write(() => () => {
      for (let n = 0; n < 300; n++) void environment.items.put(Buffer.from(`passing ${n}`), 'x'.repeat(3_000))
      for (let n = 0; n < 300; n++) void environment.items.remove(Buffer.from(`passing ${n}`))
    })
    await environment.close()
    const path = join(data, 'data.mdb')
    const short = statSync(path).size
    expect(short).toBeLessThan(countedBytes(path))
    const again = opened()
    expect(statSync(path).size).toBe(countedBytes(path))
    expect([...again.items.getKeys()]).toHaveLength(500)
    await again.close()
    // Without much of it, something that is in use is missing.
    truncateSync(path, 20 * 8_192)
    expect(opened).toThrow(/^data-damaged: .* is cut off/)
  })

  it('is whole however it came to be: values of all sizes that come, change and go', async () => {
    for (let round = 0; round < 12; round++) {
      const environment = opened()
      await environment.transactions.write(() => () => {
        for (let n = 0; n < 60; n++) {
          const key = Buffer.from(`${(n * 7 + round) % 40}`)
          if ((n + round) % 3 === 0) void environment.items.remove(key)
          else void environment.items.put(key, 'x'.repeat(((n * 977 + round * 389) % 30) * 1_000))
          void environment.queues.put(Buffer.from(`${n}.${round}`), Buffer.alloc(round * 100))
        }
      })
      await environment.close()
    }
    const environment = opened()
    expect(environment.queues.getKeysCount({})).toBe(720)
    await environment.close()
  })

  it('is whole however often it is opened, refused and left without anything written', async () => {
    await filled()
    for (let round = 0; round < 5; round++) {
      for (let times = 0; times < 3; times++) expect(() => opened('another')).toThrow('holds the data of plan "test"')
      for (let times = 0; times < 3; times++) await opened().close()
      const environment = opened()
      await environment.transactions.write(() => () => {
        for (let n = 0; n < 500; n += 7) environment.items.put(Buffer.from(`key ${n}`), `${round}`.repeat(900))
      })
      expect(environment.items.getKeysCount()).toBe(500)
      await environment.close()
    }
  })

  it('must be writable', async () => {
    mkdirSync(data)
    chmodSync(data, 0o555)
    chmodSync(folder.path, 0o755)
    // Who is root may write everywhere, so the process becomes nobody.
    const user = process.getuid?.() === 0 ? ['65534'] : []
    const starter = start(await program, source, [data, 'hold', ...user])
    expect(await saidUntil(starter, '\n')).toMatch(/^engine-unavailable: the data folder .* cannot be used: EACCES/)
    starter.kill('SIGKILL')
    await once(starter, 'close')
  })

  it('is told of as unusable when it is a file', () => {
    writeFileSync(data, '')
    expect(opened).toThrow(/^engine-unavailable: the data folder .* cannot be used: EEXIST/)
  })

  it('refuses a write when the disk is full, keeps what it acknowledged, and takes writes when there is room', async () => {
    // Files of at most 4 MB; without the signal it is an error like any other.
    const writer = await child('fill', "trap '' XFSZ; ulimit -S -f 4096")
    const said = await saidUntil(writer, 'fault')
    const acknowledged = Number(/acknowledged (\d+)/.exec(said)?.[1])
    expect(acknowledged).toBeGreaterThan(10)
    expect(said).toContain(`there true ${acknowledged} ${acknowledged}, fault engine-unavailable`)
    execFileSync('prlimit', ['--pid', String(writer.pid), '--fsize=unlimited'])
    expect(await saidUntil(writer, 'then')).toContain(`then ${acknowledged + 1}`)
    await (writer.exitCode ?? once(writer, 'close'))
    const environment = opened()
    expect(environment.items.getKeysCount()).toBe(acknowledged + 1)
    await environment.close()
  })

  it('takes nothing more once it is closed', async () => {
    const environment = opened()
    await environment.close()
    await environment.close()
    await expect(environment.transactions.write(() => () => {})).rejects.toThrow('the data folder is closed')
  })
})
