/** What goes to DynamoDB and comes from it, byte for byte: against a server of our own, since DynamoDB itself hides it. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { memoryClock } from 'groundplan/memory/clock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { awsErrorOf } from './client.ts'
import { cancellationReasons, conditionFailed, DynamoCalls } from './dynamo-calls.ts'

describe('calls to DynamoDB', () => {
  let server: Server
  let calls: DynamoCalls
  let asked: { readonly target: unknown; readonly authorization: unknown; readonly body: string }
  let answer: { readonly status: number; readonly body: string }

  beforeEach(async () => {
    server = createServer(async (request, response) => {
      let body = ''
      for await (const piece of request) body += piece
      asked = { target: request.headers['x-amz-target'], authorization: request.headers.authorization, body }
      response.writeHead(answer.status).end(answer.body)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' }
    calls = new DynamoCalls({ clock: memoryClock(0), region: 'eu-central-1', endpoint, credentials })
  })
  afterEach(() => {
    calls.close()
    server.close()
  })

  it('have bytes as base64 on the way, and as bytes again; whatever an attribute is called', async () => {
    const odd = JSON.parse('{"__proto__":{"S":"x"},"B":{"S":"y"}}')
    answer = {
      status: 200,
      body: '{"Item":{"p":{"B":"AQL/"},"B":{"S":"y"},"a":{"M":{"B":{"B":""},"__proto__":{"S":"x"}}}}}',
    }
    const bytes = Buffer.from([0, 1, 2, 255]).subarray(1)
    const { Item } = await calls.call('GetItem', { TableName: 'things', Key: { p: { B: bytes }, a: { M: odd } } })
    expect(asked).toMatchObject({
      target: 'DynamoDB_20120810.GetItem',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDTEST\/\d{8}\/eu-central-1\/dynamodb\/aws4_request, /,
      ),
      body: '{"TableName":"things","Key":{"p":{"B":"AQL/"},"a":{"M":{"__proto__":{"S":"x"},"B":{"S":"y"}}}}}',
    })
    expect(Item?.p?.B).toEqual(new Uint8Array([1, 2, 255]))
    expect(Item?.B).toEqual({ S: 'y' })
    expect(Item?.a?.M?.B?.B).toEqual(new Uint8Array())
    expect(Object.keys(Item?.a?.M ?? {})).toEqual(['B', '__proto__'])
  })

  it('take what is null for absent, as some answer', async () => {
    answer = {
      status: 200,
      body: '{"Items":[],"LastEvaluatedKey":null,"ConsumedCapacity":{"Table":null,"CapacityUnits":1}}',
    }
    expect(await calls.call('Query', { TableName: 'things' })).toEqual({
      Items: [],
      ConsumedCapacity: { CapacityUnits: 1 },
    })
  })

  it('fail by the names that DynamoDB gives, with what it says more', async () => {
    const failed = (__type: string, more: object) => ({
      status: 400,
      body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${__type}`, Message: 'no', ...more }),
    })
    answer = failed('ConditionalCheckFailedException', { Item: { p: { B: 'AQL/' }, r: { S: 'of another' } } })
    const refused: unknown = await calls.call('PutItem', { TableName: 'things', Item: {} }).catch(error => error)
    expect(awsErrorOf(refused)).toEqual({ name: 'ConditionalCheckFailedException', message: 'no', status: 400 })
    expect([conditionFailed(refused)?.Item?.r?.S, cancellationReasons(refused)]).toEqual(['of another', undefined])
    expect(conditionFailed(refused)?.Item?.p?.B).toEqual(new Uint8Array([1, 2, 255]))
    answer = failed('TransactionCanceledException', {
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    })
    const cancelled: unknown = await calls.call('TransactWriteItems', { TransactItems: [] }).catch(error => error)
    expect(cancellationReasons(cancelled)?.map(({ Code }) => Code)).toEqual(['None', 'ConditionalCheckFailed'])
    expect(conditionFailed(cancelled)).toBeUndefined()
    answer = { status: 503, body: '<html>busy</html>' }
    expect(awsErrorOf(await calls.call('Scan', { TableName: 'things' }).catch(error => error))).toMatchObject({
      status: 503,
    })
  })
})
