import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Operator } from '../../contract/operator.ts'
import { fault } from '../../contract/problems.ts'
import { systemClock } from '../../embedded/clock.ts'
import { type TemporaryFolder, temporaryFolder } from '../../embedded/test/folder.ts'
import { consumer } from '../../plan/consumer.ts'
import { plan } from '../../plan/plan.ts'
import { queue } from '../../plan/queue.ts'
import { service } from '../../plan/service.ts'
import { operatorOf } from '../../runtime/operator/operator.ts'
import { type EmbeddedTarget, embedded } from '../../targets/embedded.ts'
import { runningOperator } from './client.ts'
import { type Control, openControl } from './server.ts'

const jobs = queue('jobs', { message: z.object({ job: z.string() }) })
const work = service('work', { doing: consumer(jobs, { handle: () => {} }) })
const small = plan('small', { services: [work] })
const clock = systemClock()
const onPosix = process.platform === 'win32' ? describe.skip : describe

let temporary: TemporaryFolder
let target: EmbeddedTarget
let operator: Operator
const controls: Control[] = []
const reported: unknown[] = []

beforeEach(async () => {
  reported.length = 0
  temporary = temporaryFolder()
  target = embedded({ folder: temporary.path, baseUrl: 'http://localhost', logs: () => {}, background: false })
  const runtime = await target.start(small, { settings: {}, secrets: {} })
  const [started] = target.started
  if (!started) throw new Error('nothing was started')
  operator = operatorOf(runtime, started.drivers, { running: false, logs: () => {} })
})
afterEach(async () => {
  await Promise.all(controls.splice(0).map(control => control.close(1_000)))
  await target.stop(1_000)
  temporary.remove()
})

function folderIn(name = 'small'): string {
  const folder = join(temporary.path, name)
  mkdirSync(folder, { recursive: true })
  return folder
}

async function opened(folder = folderIn(), now: () => Operator = () => operator): Promise<Control> {
  const control = await openControl(now, { folder, clock, report: error => void reported.push(error) })
  controls.push(control)
  return control
}

async function asked(folder = folderIn()): Promise<Operator> {
  const found = await runningOperator(folder)
  if (!found) throw new Error('nobody answers')
  return found
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Something that no client of ours would ask. */
function raw(path: string, method: string, address: string, body: string | Buffer = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ socketPath: path, path: address, method, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', part => {
        text += part
      })
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body: text })
      })
    })
      .on('error', reject)
      .end(body)
  })
}

describe('the control socket', () => {
  it('is the operator of another process: the same answers, and the same faults', async () => {
    await opened()
    const there = await asked()
    expect(await there.about()).toMatchObject({ plan: 'small', pid: process.pid, running: false })
    const { id } = await there.sendMessage({ queue: 'jobs', message: { job: 'ünï\u2028code' } })
    expect(await there.peekQueue({ queue: 'jobs', which: 'waiting', limit: 5 })).toEqual(
      await operator.peekQueue({ queue: 'jobs', which: 'waiting', limit: 5 }),
    )
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    await expect(there.sendMessage({ queue: 'jobs', message: { job: 7 } })).rejects.toMatchObject({
      code: 'message-invalid',
    })
    await expect(there.purgeQueue({ queue: 'nope', which: 'dead' })).rejects.toMatchObject({ code: 'request-invalid' })
    await expect(there.seed()).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('answers with problems to whatever is not a question, and repeats no value of it', async () => {
    const { path } = await opened()
    for (const [method, address, body, status, code] of [
      ['POST', '/v1/nope', '{}', 404, 'no-such-route'],
      ['POST', '/v1/constructor', '{}', 404, 'no-such-route'],
      ['POST', '/v1/__proto__', '{}', 404, 'no-such-route'],
      ['POST', '/v2/queues', '{}', 404, 'no-such-route'],
      ['POST', '/v1/../v1/queues', '{}', 404, 'no-such-route'],
      ['GET', '/v1/queues', '', 405, 'method-not-allowed'],
      ['POST', '/v1/purgeQueue', '{}', 400, 'request-invalid'],
      ['POST', '/v1/queues', '{"more":1}', 400, 'request-invalid'],
      ['POST', '/v1/queues', '[]', 400, 'request-invalid'],
      ['POST', '/v1/setSecret', '{"name":"x","value":7777777}', 400, 'request-invalid'],
      ['POST', '/v1/setSecret', '{"name":"x","value":"7777777', 400, 'invalid-json'],
      ['POST', '/v1/setSecret', Buffer.from([0x22, 0xff, 0x22]), 400, 'invalid-json'],
      ['POST', '/v1/peekQueue', '{"queue":"jobs","which":"waiting","limit":1e9}', 400, 'request-invalid'],
    ] as const) {
      const answer = await raw(path, method, address, body)
      expect(answer, `${method} ${address}`).toMatchObject({ status, type: 'application/problem+json' })
      expect(JSON.parse(answer.body)).toMatchObject({ type: 'about:blank', status, code, title: expect.any(String) })
      expect(answer.body).not.toContain('7777777')
    }
  })

  it('refuses a body that is too large, and goes on', async () => {
    const { path } = await opened()
    const answer = await raw(path, 'POST', '/v1/queues', Buffer.alloc(2_200_000, 0x20)).catch(error => error)
    // Whoever writes on after the refusal may meet the closed connection first.
    expect(answer.status === 413 || ['ECONNRESET', 'EPIPE'].includes(answer.code)).toBe(true)
    expect(await (await asked()).about()).toMatchObject({ plan: 'small' })
  })

  it('says nothing of what nobody foresaw', async () => {
    const { path } = await opened(folderIn(), () => {
      throw new Error('inner words')
    })
    const { status, body } = await raw(path, 'POST', '/v1/about', '{}')
    expect(status).toBe(500)
    expect(body).not.toContain('inner words')
    expect(reported).toMatchObject([{ message: 'inner words' }])
  })

  it('says that it cannot now while the plan is being replaced', async () => {
    let ready = true
    await opened(folderIn(), () => {
      if (ready) return operator
      throw fault('stopping', 'later')
    })
    const there = await asked()
    ready = false
    await expect(there.queues()).rejects.toMatchObject({ code: 'stopping' })
    ready = true
    expect(await there.queues()).toHaveLength(1)
  })

  it('streams, and tells of a fault in the middle of a stream', async () => {
    async function* failing() {
      for (let n = 0; n < 10_000; n++) yield { n }
      throw fault('data-damaged', 'after "10,000" items')
    }
    await opened(folderIn(), () => ({ ...operator, exportTable: failing }))
    let seen = 0
    const reading = async () => {
      for await (const item of (await asked()).exportTable({ table: 'any' })) {
        expect(item).toEqual({ n: seen })
        seen++
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'data-damaged', detail: 'after "10,000" items' })
    expect(seen).toBe(10_000)
  })

  it('stops reading when nobody listens to a stream any more', async () => {
    let ended: (made: number) => void = () => {}
    const made = new Promise<number>(resolve => {
      ended = resolve
    })
    async function* endless() {
      let n = 0
      try {
        for (; ; n++) yield { n, filler: 'x'.repeat(1_000) }
      } finally {
        ended(n)
      }
    }
    await opened(folderIn(), () => ({ ...operator, exportTable: endless }))
    for await (const _item of (await asked()).exportTable({ table: 'any' })) break
    // Buffers of both ends are filled, and no more.
    expect(await made).toBeLessThan(20_000)
  })

  it('lets what was asked be answered when it closes, and cuts off what takes too long', async () => {
    const control = await opened(folderIn(), () => ({ ...operator, runSchedule: () => new Promise(() => {}) }))
    const there = await asked()
    const running = there.runSchedule({ schedule: 'a/b' }).catch(error => error)
    const connected = () => there.about().then(() => true)
    await expect.poll(connected).toBe(true)
    await control.close(50)
    expect(await running).toMatchObject({
      code: 'engine-unavailable',
      detail: expect.stringContaining(`process ${process.pid}`),
    })
    expect(await runningOperator(folderIn())).toBeUndefined()
    expect(existsSync(control.path)).toBe(false)
  })
})

onPosix('the file of the control socket', () => {
  it('is open to its owner alone, in a folder that nobody else may enter', async () => {
    const folder = folderIn()
    chmodSync(folder, 0o755)
    const { path } = await opened(folder)
    expect(path).toBe(join(folder, 'control.sock'))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('takes the place of one that a dead process left', async () => {
    const folder = folderIn('left')
    writeFileSync(join(folder, 'control.sock'), '')
    expect(await runningOperator(folder)).toBeUndefined()
    await opened(folder)
    expect(await (await asked(folder)).about()).toMatchObject({ plan: 'small' })
  })

  it('stands elsewhere where the path of the folder is too long, and leaves nothing there', async () => {
    const folder = folderIn(`${'long-'.repeat(20)}/${'é'.repeat(30)}`)
    const control = await opened(folder)
    expect(control.path.startsWith(folder)).toBe(false)
    expect(Buffer.byteLength(control.path)).toBeLessThan(104)
    expect(readFileSync(join(folder, 'control.path'), 'utf8')).toBe(control.path)
    expect(statSync(join(control.path, '..')).mode & 0o777).toBe(0o700)
    expect(statSync(control.path).mode & 0o777).toBe(0o600)
    expect(await (await asked(folder)).about()).toMatchObject({ plan: 'small' })
    await control.close(1_000)
    expect(existsSync(join(control.path, '..'))).toBe(false)
    expect(existsSync(join(folder, 'control.path'))).toBe(false)
    expect(await runningOperator(folder)).toBeUndefined()
  })

  it('cleans up a place elsewhere that a dead process left', async () => {
    const folder = folderIn('moved')
    const left = join(temporary.path, 'groundplan-left1')
    mkdirSync(left)
    writeFileSync(join(left, 'control.sock'), '')
    writeFileSync(join(folder, 'control.path'), join(left, 'control.sock'))
    expect(await runningOperator(folder)).toBeUndefined()
    const { path } = await opened(folder)
    expect(path).toBe(join(folder, 'control.sock'))
    expect(existsSync(left)).toBe(false)
  })

  it('leaves alone what a note names that is no socket of ours', async () => {
    const folder = folderIn('tricked')
    const precious = join(temporary.path, 'precious')
    writeFileSync(precious, 'kept')
    writeFileSync(join(folder, 'control.path'), precious)
    await opened(folder)
    expect(readFileSync(precious, 'utf8')).toBe('kept')
  })

  it('is not believed where it belongs to another user than the data', async context => {
    if (process.getuid?.() !== 0) return context.skip('needs the right to make files of other users')
    const { chownSync } = await import('node:fs')
    const folder = folderIn('foreign')
    const path = join(folder, 'control.sock')
    const other = createServer().listen(path)
    await expect.poll(() => existsSync(path)).toBe(true)
    chownSync(path, 12_345, 12_345)
    await expect(runningOperator(folder)).rejects.toMatchObject({
      code: 'engine-unavailable',
      detail: expect.stringContaining('not believed'),
    })
    await new Promise(resolve => other.close(resolve))
  })

  it('survives connections that say nothing, or nonsense', async () => {
    const { path } = await opened()
    const silent = connect(path)
    const nonsense = connect(path)
    nonsense.on('error', () => {}).write('\0\0 GARBAGE\r\n\r\n')
    silent.on('error', () => {})
    expect(await (await asked()).about()).toMatchObject({ plan: 'small' })
    silent.destroy()
    nonsense.destroy()
  })
})
