/** Settling: time goes on in a bed when everything that is due has been done, and not before. */
import { type ScryptOptions, scrypt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { alarm, deadLetters } from '../../plan/alarm.ts'
import { anyone } from '../../plan/authorizer.ts'
import { consumer } from '../../plan/consumer.ts'
import { endpoint, nothing } from '../../plan/endpoint.ts'
import { gateway } from '../../plan/gateway.ts'
import { mailbox } from '../../plan/mailbox.ts'
import { type Plan, plan } from '../../plan/plan.ts'
import { queue } from '../../plan/queue.ts'
import { schedule } from '../../plan/schedule.ts'
import { type Handlers, service } from '../../plan/service.ts'
import { testbed } from '../testbed.ts'

const jobs = queue('jobs', { message: z.object({ job: z.string() }), attempts: 1 })
const duty = mailbox('duty', { from: 'system@example.org', to: 'duty@example.org' })
const stuck = alarm('stuck', { when: deadLetters(jobs).above(0), tell: duty })

/** With an alarm, which looks each minute. */
function small(handlers: Handlers): Plan {
  const work = consumer(jobs, { handle: () => {} })
  return plan('small', { services: [service('main', { work, ...handlers })], alarms: [stuck] })
}

const turn = () => new Promise(resolve => setImmediate(resolve))
const hash = promisify<string, string, number, ScryptOptions, Buffer>(scrypt)

describe('Between two instants', () => {
  it('what a handler left to the event loop is done, however it was left', async () => {
    const order: string[] = []
    const leaves = schedule(
      { every: '1 minute' },
      {
        handle({ tick }) {
          const minute = tick.getUTCMinutes()
          order.push(`tick ${minute}`)
          setImmediate(() => order.push(`immediate ${minute}`))
          void turn().then(() => order.push(`turn ${minute}`))
          setTimeout(() => setImmediate(() => order.push(`timer ${minute}`)), 1_000)
        },
      },
    )
    await using bed = await testbed(small({ leaves }))
    await bed.advance('3 minutes')
    expect(order).toEqual(
      [1, 2, 3].flatMap(minute => [
        `tick ${minute}`,
        `immediate ${minute}`,
        `turn ${minute}`,
        ...(minute < 3 ? [`timer ${minute}`] : []),
      ]),
    )
  })

  it('what a handler waits for outside has come: files, threads', async () => {
    const order: string[] = []
    const waits = schedule(
      { every: '1 minute' },
      {
        async handle({ tick, at }) {
          await readFile(new URL(import.meta.url))
          await hash('secret', 'salt', 16, { N: 256 })
          order.push(`${tick.toISOString()} ${at.getTime() === Date.now()}`)
        },
      },
    )
    await using bed = await testbed(small({ waits }))
    await bed.advance('3 minutes')
    expect(order).toEqual([1, 2, 3].map(minute => `2026-01-01T00:0${minute}:00.000Z true`))
  })

  it('what an alarm found is told before the next minute', async () => {
    await using bed = await testbed(small({}))
    await bed.advance('90 minutes')
    await bed.drivers.queues.send([{ queue: 'jobs', id: 'unfit', body: '7' }])
    await bed.advance('1 minute')
    expect(await bed.mails()).toMatchObject([{ subject: '[small] Alarm: stuck' }])
    await bed.drivers.queues.purge('jobs', 'dead')
    await bed.advance('1 day')
    expect(await bed.mails()).toHaveLength(2)
  })
})

describe('While nothing happens', () => {
  it('a long time passes without keeping the rest of the process from its work', async () => {
    await using bed = await testbed(small({}))
    let turns = 0
    let going = true
    const work = async () => {
      while (going) {
        await turn()
        turns++
      }
    }
    const working = work()
    await bed.advance('10 days')
    going = false
    await working
    expect(turns).toBeGreaterThan(20)
    expect(bed.now.toISOString()).toBe('2026-01-11T00:00:00.000Z')
  })

  it('a call that waits for the test is not left behind', async () => {
    const held: (() => void)[] = []
    const wait = endpoint('POST /wait', {
      summary: 'Wait',
      caller: anyone,
      returns: nothing,
      timeout: '25 seconds',
      handle: () => new Promise<void>(resolve => held.push(resolve)),
    })
    const work = consumer(jobs, { handle: () => {} })
    const main = service('main', { wait, work })
    await using bed = await testbed(plan('small', { gateways: { api: gateway(main) }, alarms: [stuck] }))
    const asked = bed.gateways.api.wait()
    await bed.advance('20 seconds')
    held[0]?.()
    expect((await asked).ok).toBe(true)
    const late = bed.gateways.api.wait().catch(error => error)
    await bed.advance('10 minutes')
    expect((await late).code).toBe('timed-out')
    held[1]?.()
  })
})

describe('At the end', () => {
  it('what still runs is named', async () => {
    const hangs = consumer(jobs, { handle: () => new Promise(() => {}) })
    const bed = await testbed(plan('small', { services: [service('main', { hangs })] }))
    await bed.uses({ jobs: jobs.sender }).jobs.send({ job: 'a' })
    await expect(bed.close()).rejects.toThrow('the bed was closed while this was running: main/hangs')
  })

  it('dead letters are named, unless they were expected', async () => {
    const fails = consumer(jobs, {
      handle: () => {
        throw new Error('no luck')
      },
    })
    await using bed = await testbed(plan('small', { services: [service('main', { fails })] }))
    await bed.uses({ jobs: jobs.sender }).jobs.send({ job: 'a' }, { id: 'mine' })
    await expect(bed.settled()).rejects.toThrow('1 dead letters:\n  jobs mine (attempt 1): no luck')
    expect(await bed.settled({ deadLetters: 'expected' })).toEqual([])
  })
})
