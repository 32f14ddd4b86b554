/**
 * What a function can meet besides a request that goes well: parts of batches that fail, an order that must be kept, time
 * that runs out, ticks, alarms, new objects, files, streams, refusals. Bundles of a small system, under Lambda's runtime API, on the stand-ins.
 */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { queueName } from '../drivers/aws/src/drivers.ts'
import { allOf } from '../drivers/aws/src/test/engines.ts'
import { sentMail } from '../drivers/aws/src/test/sent-mail.ts'
import { bucketName } from '../drivers/s3/src/names.ts'
import { mailQueue, schedulesTable } from '../framework/src/target.ts'
import { carrier } from '../targets/aws/src/rights.ts'
import { httpEvent, objectCreated, type QueueSource, restEvent } from '../targets/aws/src/test/lambda/cloud.ts'
import plan, { done, errands, steps } from '../targets/aws/src/test/lambda/errands.ts'
import type { Outcome } from '../targets/aws/src/test/lambda/function.ts'
import { type OnLambda, openOnLambda } from '../targets/aws/src/test/lambda/system.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 })

const root = fileURLToPath(new URL('../', import.meta.url))
const planFile = fileURLToPath(new URL('../targets/aws/src/test/lambda/errands.ts', import.meta.url))
const timeoutMs = 6_000

function payloadOf(outcome: Outcome | undefined): Buffer {
  if (outcome?.ok) return outcome.payload
  throw new Error(`the function failed: ${JSON.stringify(outcome?.error)}`)
}

interface Errand {
  readonly name: string
  readonly does: 'well' | 'fails' | 'hangs'
}

await allOf(['dynamodb', 'elasticmq', 'moto', 'ses'], (dynamodb, sqs, moto, ses) => {
  describe('S11: a function', () => {
    let there: OnLambda
    const endpoints = { dynamodb: dynamodb.endpoint, sqs: sqs.endpoint, moto: moto.endpoint, ses: ses.endpoint }

    beforeAll(async () => {
      there = await openOnLambda({ plan, planFile, root, endpoints, timeoutMs })
    })
    afterAll(() => there?.close())

    const invoked = async (service: string, event: unknown) =>
      payloadOf(await there.functions.get(service)?.invoke(event))
    const asked = async (...given: Parameters<typeof restEvent>) => {
      const payload = await invoked('desk', restEvent(...given))
      return JSON.parse(payload.toString())
    }
    const doneOf = (name: string) => (there.here.clients('test', { done: done.reader }) as Reading).done.get({ name })
    const attemptOf = async (name: string) => (await doneOf(name))?.attempt
    const sourceOf = (queue: string): QueueSource => {
      const found = there.sources.get(queueName(there.prefix, queue))
      if (!found) throw new Error(`${queue} feeds nobody`)
      return found
    }
    const sent = (queue: 'errands' | 'steps', all: readonly Errand[]) =>
      there.here.as('test', { errands: errands.sender, steps: steps.sender }, (async (_: unknown, clients: Sending) => {
        for (const errand of all) await clients[queue].send(errand)
      }) as never)

    interface Reading {
      readonly done: {
        get(key: { name: string }): Promise<{ readonly attempt: number; readonly at?: string } | undefined>
      }
    }
    type Sending = Readonly<Record<'errands' | 'steps', { send(errand: Errand): Promise<void> }>>

    const returnedBy = (queue: string) =>
      sourceOf(queue).outcomes.flatMap(outcome => JSON.parse(payloadOf(outcome).toString()).batchItemFailures)

    it('gives back what of a batch failed, and buries it with its reason after its last attempt', async () => {
      await sent('errands', [
        { name: 'one', does: 'well' },
        { name: 'bad', does: 'fails' },
        { name: 'two', does: 'well' },
      ])
      await expect.poll(() => attemptOf('one'), { timeout: 30_000 }).toBe(1)
      await expect.poll(() => attemptOf('two'), { timeout: 30_000 }).toBe(1)
      const dead = () => there.drivers.queues.deadLetters('errands', 10)
      await expect.poll(dead, { timeout: 30_000 }).toMatchObject([{ reason: 'this one fails', attempt: 2 }])
      // Once: after the second attempt it is no longer in the queue.
      expect(returnedBy('errands')).toHaveLength(1)
    })

    it('of an ordered queue handles nothing behind a message that must come again', async () => {
      await sent('steps', [
        { name: 'first', does: 'fails' },
        { name: 'second', does: 'well' },
      ])
      await expect.poll(() => attemptOf('second'), { timeout: 30_000 }).toBe(1)
      expect(await attemptOf('first')).toBe(2)
    })

    it('whose time runs out is not killed: its message comes again, the process stays', async () => {
      await sent('errands', [{ name: 'slow', does: 'hangs' }])
      await expect.poll(() => attemptOf('slow'), { timeout: 60_000 }).toBe(2)
      const worker = there.functions.get('worker')
      expect(worker?.output).toContain("the function's time is up")
      expect(sourceOf('errands').outcomes.every(({ ok }) => ok)).toBe(true)
    })

    it('whose time runs out answers its caller with a problem, within its time', async () => {
      // One that took longer would be killed, and have no answer.
      const { statusCode, body } = JSON.parse((await streamed('/api/errands/hanging')).text)
      expect([statusCode, JSON.parse(body).code]).toEqual([504, 'timed-out'])
    })

    it('asks the function of another service, which knows who asks; a problem comes back as one', async () => {
      const good = await asked('GET', '/api/errands/hello/anna', { query: { times: '2' } })
      expect([good.statusCode, JSON.parse(good.body)]).toEqual([200, { greets: 'annaanna' }])
      expect(good.multiValueHeaders).toMatchObject({ 'X-Times': ['2'], 'Cache-Control': ['no-store'] })
      const unknown = await asked('GET', '/api/errands/hello/nobody')
      expect([unknown.statusCode, JSON.parse(unknown.body).code]).toEqual([404, 'nobody-known'])
      const forged = {
        service: 'worker',
        endpoint: 'greet',
        payload: '{"params":{"name":"eve"}}',
        token: 'x.y',
        traceparent: '',
        untilMs: Date.now() + 9_000,
      }
      const refused = JSON.parse((await invoked('worker', { groundplan: forged })).toString())
      expect(refused).toMatchObject({ kind: 'problem', status: 401 })
    })

    it('refuses what does not fit with the same words as everywhere, and what is at no address', async () => {
      const bad = await asked('POST', '/api/errands/errands', { body: { name: '', does: 'well', more: 1 } })
      expect([bad.statusCode, JSON.parse(bad.body)]).toMatchObject([
        400,
        { code: 'request-invalid', issues: [{ path: '/body/name' }, { path: '/body' }] },
      ])
      const many = await asked('GET', '/api/errands/hello/anna', { query: { times: '4' } })
      expect(JSON.parse(many.body)).toMatchObject({ code: 'request-invalid', issues: [{ path: '/query/times' }] })
      expect(await asked('GET', '/api/errands/nowhere')).toMatchObject({ statusCode: 404 })
      expect(await asked('PUT', '/api/errands/errands')).toMatchObject({
        statusCode: 405,
        multiValueHeaders: { Allow: ['OPTIONS, POST'] },
      })
      const odd = await there.functions.get('desk')?.invoke({ nobody: 'knows this' })
      expect(odd).toMatchObject({ ok: false, error: { errorMessage: expect.stringContaining('nobody') } })
    })

    const streamed = async (path: string) => {
      const outcome = await there.functions.get('desk')?.invoke(restEvent('GET', path))
      const payload = payloadOf(outcome)
      return { type: outcome?.ok ? outcome.type : '', payload, text: payload.toString() }
    }

    it('answers files and streams piece by piece, with their head first', async () => {
      const picture = await streamed('/api/errands/picture')
      expect(picture.type).toBe('application/vnd.awslambda.http-integration-response')
      const end = picture.payload.indexOf(Buffer.alloc(8))
      expect(JSON.parse(picture.payload.subarray(0, end).toString())).toMatchObject({
        statusCode: 200,
        headers: { 'Content-Type': 'image/png' },
      })
      expect([...picture.payload.subarray(end + 8)]).toEqual([0x89, 0x50, 0xff, 0])
      const { text } = await streamed('/api/errands/counting')
      expect(text).toContain('text/event-stream')
      expect(text.endsWith('data: {"n":1}\n\ndata: {"n":2}\n\ndata: {"n":3}\n\n')).toBe(true)
    })

    it('takes requests of an HTTP API too, format 2.0: addresses, cookies, a body in Base64', async () => {
      const cookies = ['theme=dark', 'seen=1']
      const path = '/api/errands/hello/anna%20maria'
      const payload = await invoked('desk', httpEvent('GET', path, { query: 'times=2', cookies }))
      const good = JSON.parse(payload.toString())
      expect(good).toMatchObject({ statusCode: 200, headers: { 'X-Times': '2', 'Content-Type': 'application/json' } })
      expect([good.cookies, JSON.parse(good.body)]).toEqual([[], { greets: 'anna mariaanna maria' }])
      const body = { name: 'naïve ☕', does: 'well' }
      const sent = JSON.parse((await invoked('desk', httpEvent('POST', '/api/errands/errands', { body }))).toString())
      expect([sent.statusCode, sent.body]).toEqual([200, '{"sent":true}'])
      await expect.poll(() => attemptOf('naïve ☕'), { timeout: 30_000 }).toBe(1)
      const none = await invoked('desk', httpEvent('GET', '/api/errands/nowhere'))
      expect(JSON.parse(none.toString())).toMatchObject({ statusCode: 404, isBase64Encoded: false })
    })

    it('hears of a new object of a bucket by the carrier, which EventBridge tells', async () => {
      const engineName = bucketName(there.prefix, 'pictures')
      await invoked(carrier, objectCreated(engineName, 'cats/tom cat.png', 5_120))
      const name = 'picture cats/tom cat.png of 5120 bytes'
      await expect.poll(() => attemptOf(name), { timeout: 30_000 }).toBe(1)
      const strange = await there.functions.get(carrier)?.invoke(objectCreated('somebody-elses', 'a', 1))
      expect(strange).toMatchObject({ ok: false, error: { errorMessage: expect.stringContaining('somebody-elses') } })
    })

    /** What Amazon's scheduler does each minute, by so many at once: of these one looks, and the others leave it to that. */
    const minute = async (byHowMany = 1) => {
      const all = Array.from({ length: byHowMany }, () =>
        there.functions.get(carrier)?.invoke({ schedule: 'groundplan/minute' }),
      )
      expect((await Promise.all(all)).filter(outcome => !outcome?.ok)).toEqual([])
    }

    describe('is looked after each minute: an alarm', () => {
      const told = async (what: 'Alarm' | 'Over') => {
        const mails = await sentMail(ses.endpoint)
        const subject = `[errands] ${what}: errands-buried`
        return mails.filter(mail => mail.to.includes('people@example.org') && mail.subject === subject).length
      }
      const buried = async () =>
        (await there.drivers.queues.deadLetters('errands', 10)).map(({ body }) => JSON.parse(body).name)
      const looks = 'groundplan/alarms'
      /** As if a minute had gone by: the look of this one is to be done again. */
      const nextMinute = async () => {
        const key = { schedule: looks }
        await there.drivers.store.commit({ writes: [{ op: 'remove', table: schedulesTable.name, key }] })
      }
      const minuteBy = async (count: number) => {
        await nextMinute()
        await minute(count)
        expect(await there.drivers.schedules.last(looks)).toMatchObject({ state: 'done' })
      }

      it('tells people by mail, once for an incident, by however many and however often it is looked; and once that it is over', async () => {
        await sent('errands', [{ name: 'worse', does: 'fails' }])
        await expect.poll(buried, { timeout: 30_000 }).toContain('worse')
        const before = await Promise.all([told('Alarm'), told('Over')])
        await minuteBy(4)
        await expect.poll(() => told('Alarm'), { timeout: 30_000 }).toBe(1 + before[0])
        // It still holds: whoever was told knows.
        await minuteBy(1)
        await minuteBy(4)
        await there.drivers.queues.purge('errands', 'dead')
        await minuteBy(4)
        await expect.poll(() => told('Over'), { timeout: 30_000 }).toBe(1 + before[1])
        await nextMinute()
        await minute()
        await minute()
        // All that was to be sent has been: then there was one of each.
        const waiting = async () => {
          const { ready, delayed, leased } = await there.drivers.queues.counts(mailQueue('people'))
          return ready + delayed + leased
        }
        await expect.poll(waiting, { timeout: 30_000 }).toBe(0)
        expect(await Promise.all([told('Alarm'), told('Over')])).toEqual(before.map(count => count + 1))
      })
    })

    it('does not get a message before it is due, by whichever way it was said; then the next minute brings it', async () => {
      const dueMs = Date.now() + 3_000
      const later = async (name: string, at?: number) => {
        const body = { errand: { name, does: 'well' }, ...(at === undefined ? {} : { at: new Date(at).toISOString() }) }
        expect(await asked('POST', '/api/errands/errands/later', { body })).toMatchObject({ statusCode: 200 })
      }
      await Promise.all([later('in a while'), later('at a time', dueMs), later('next week', dueMs + 604_800_000)])
      const delayed = async () => (await there.drivers.queues.counts('errands')).delayed
      // The carrier has taken them from the outbox: they wait where no queue of Amazon's has them.
      await expect.poll(delayed, { timeout: 30_000 }).toBe(3)
      /** By its own account: so it matters to nobody when a busy machine looks. */
      const handledAt = async (name: string): Promise<number> => {
        await expect
          .poll(
            async () => {
              await minute(2)
              return attemptOf(name)
            },
            { timeout: 30_000 },
          )
          .toBe(1)
        return Date.parse((await doneOf(name))?.at ?? '')
      }
      expect(await handledAt('in a while')).toBeGreaterThanOrEqual(dueMs)
      expect(await handledAt('at a time')).toBeGreaterThanOrEqual(dueMs)
      expect([await delayed(), await attemptOf('next week')]).toEqual([1, undefined])
    })

    it('hands on the stream of another function, each event when it comes; a problem comes back as one', async () => {
      const came: number[] = []
      const began = performance.now()
      const took = (piece: Buffer) => {
        if (piece.includes('data: ')) came.push(performance.now() - began)
      }
      const outcome = await there.functions.get('desk')?.invoke(restEvent('GET', '/api/errands/handed-on/8'), took)
      const text = payloadOf(outcome).toString()
      const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json))
      expect(events).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map(n => ({ n, text: 'two\nlines — ☕' })))
      // Not all at the end: the first was there long before the last.
      expect((came.at(-1) ?? 0) - (came[0] ?? 0)).toBeGreaterThan(400)
      const [head = '', body = ''] = (await streamed('/api/errands/handed-on/101')).text.split('\0'.repeat(8))
      expect([JSON.parse(head).statusCode, JSON.parse(body).code]).toEqual([422, 'too-many'])
    })

    it('ends a stream that it hands on with its own time, and so does the function that it comes from', async () => {
      const { text } = await streamed('/api/errands/handed-on/99')
      expect(text).toContain('data: {"n":10,')
      const good = await asked('GET', '/api/errands/hello/anna')
      expect(good.statusCode).toBe(200)
      for (const name of ['desk', 'worker'])
        expect(there.functions.get(name)?.output).not.toMatch(/ticks failed|handedOn failed/)
    })

    it('runs a tick once, however often it is told of it', async () => {
      const tick = () => invoked('worker', { schedule: 'worker/nightly' })
      await Promise.allSettled([tick(), tick()])
      await tick()
      const last = await there.drivers.schedules.last('worker/nightly')
      expect(last).toMatchObject({ state: 'done' })
      expect(await attemptOf(`tick ${new Date(last?.tickMs ?? 0).toISOString()}`)).toBe(1)
    })

    it('has in its bundle what it uses: no client of a service that it does not ask', () => {
      const partsOf = (name: string) => there.bundles.find(each => each.name === name)?.parts.map(([part]) => part)
      // Tables, queues and what is in vaults are asked for by signed calls.
      expect(partsOf('worker')).toContain('@smithy/signature-v4')
      for (const not of ['zod', 'nodemailer', 'kysely', '@aws-sdk/credential-provider-node']) {
        expect(partsOf('worker')).not.toContain(not)
      }
      for (const name of ['worker', 'desk']) {
        expect(partsOf(name)?.filter(part => part.startsWith('@aws-sdk/client-'))).toEqual([])
      }
      expect(there.bundles.map(({ schemas }) => schemas.later)).toEqual([0, 0, 0])
    })
  })
})
