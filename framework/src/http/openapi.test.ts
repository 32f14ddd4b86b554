/** The OpenAPI document: judged by an independent validator, and read for what a caller needs from it. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anyone, authorizer, internal } from '../plan/authorizer.ts'
import { type AnyEndpoint, endpoint, file, nothing, stream } from '../plan/endpoint.ts'
import { gateway } from '../plan/gateway.ts'
import type { Plan } from '../plan/plan.ts'
import { problem } from '../plan/problem.ts'
import { service } from '../plan/service.ts'
import type { OpenApiDocument, Operation, ResponseObject } from './openapi/document.ts'
import { openApi } from './openapi.ts'

async function complaints(document: OpenApiDocument): Promise<unknown> {
  const { valid, errors } = await new Validator().validate(
    structuredClone(document) as unknown as Record<string, unknown>,
  )
  return valid ? [] : errors
}

function documentOf(endpoints: Readonly<Record<string, AnyEndpoint>>): OpenApiDocument {
  return openApi('api', gateway(service('things', endpoints)), { server: '/api/things' })
}

function operation(document: OpenApiDocument, path: string, method: string): Operation {
  const found = document.paths[path]?.[method]
  if (!found) throw new Error(`no ${method} ${path}`)
  return found
}

describe('the documents of the five systems', () => {
  it.each(['counter', 'giftflick', 'insights', 'records', 'storefront'])(
    '%s: valid, and the same each time',
    async name => {
      const { default: plan }: { default: Plan } = await import(`@systems/${name}/plan.ts`)
      expect(Object.keys(plan.gateways).length).toBeGreaterThan(0)
      for (const [door, each] of Object.entries(plan.gateways)) {
        const document = openApi(door, each)
        expect(await complaints(document)).toEqual([])
        expect(JSON.stringify(openApi(door, each))).toBe(JSON.stringify(document))
        expect(Object.keys(document.paths).length).toBeGreaterThan(0)
      }
    },
  )
})

describe('an operation', () => {
  const Thing = z
    .object({ thingId: z.string(), size: z.int().default(1), at: z.date() })
    .meta({ id: 'Thing', description: 'A thing' })
  const person = authorizer('person/admin', {
    caller: z.object({}),
    shownBy: { header: 'X-Key' },
    authorize: async () => undefined,
  })
  const document = documentOf({
    change: endpoint('PUT /things/:thingId/:part', {
      summary: 'Changes a thing',
      description: 'All of it.',
      caller: person,
      params: z.object({ thingId: z.string(), part: z.enum(['left', 'right']) }),
      query: z.object({ dry: z.stringbool().optional(), tags: z.array(z.string()).describe('Any of these') }),
      headers: z.object({ 'X-Reason': z.string().min(3) }),
      body: z.object({ thing: Thing, note: z.string().optional() }),
      returns: { 200: Thing, 202: z.object({ later: z.boolean() }) },
      fails: { 'too-large': 422, 'not-found': 404, frozen: 409 },
      once: 'Idempotency-Key',
      handle: () => problem('not-found'),
    }),
    watch: endpoint('GET /things', {
      summary: 'Watches',
      caller: anyone,
      returns: stream(Thing),
      handle: async function* () {},
    }),
    picture: endpoint('GET /pictures/:name', {
      summary: 'A picture',
      caller: anyone,
      returns: file('image/png', 'image/svg+xml'),
      handle: () => ({ type: 'image/png' as const, content: '' }),
    }),
    remove: endpoint('DELETE /things/:thingId', {
      summary: 'Removes',
      caller: anyone,
      returns: nothing,
      handle: () => {},
    }),
    hidden: endpoint('POST /hidden', { summary: 'For services', caller: internal, returns: nothing, handle: () => {} }),
  })
  const change = operation(document, '/things/{thingId}/{part}', 'put')

  it('is valid, named after its handler, and grouped', async () => {
    expect(await complaints(document)).toEqual([])
    expect(change).toMatchObject({
      operationId: 'change',
      summary: 'Changes a thing',
      description: 'All of it.',
      tags: ['things'],
    })
    expect(document.tags).toEqual([{ name: 'things' }, { name: 'pictures' }])
    expect(Object.keys(document.paths)).not.toContain('/hidden')
    expect(document.servers).toEqual([{ url: '/api/things' }])
  })

  it('lists parameters of path, query and headers, and the idempotency key', () => {
    const listed = change.parameters?.map(each => [each.in, each.name, each.required])
    expect(listed).toEqual([
      ['path', 'thingId', true],
      ['path', 'part', true],
      ['query', 'dry', false],
      ['query', 'tags', true],
      ['header', 'X-Reason', true],
      ['header', 'Idempotency-Key', false],
    ])
    expect(change.parameters?.[1]?.schema).toEqual({ type: 'string', enum: ['left', 'right'] })
    expect(change.parameters?.[3]).toMatchObject({
      description: 'Any of these',
      schema: { type: 'array', items: { type: 'string' } },
    })
    expect(operation(document, '/things/{thingId}', 'delete').parameters).toEqual([
      { name: 'thingId', in: 'path', required: true, schema: { type: 'string' } },
    ])
  })

  it('refers to named schemas, one for each way where they differ', () => {
    const body = change.requestBody?.content['application/json']?.schema
    expect(body).toMatchObject({
      additionalProperties: false,
      required: ['thing'],
      properties: { thing: { $ref: '#/components/schemas/Thing' } },
    })
    const good = change.responses['200'] as ResponseObject
    expect(good.content?.['application/json']?.schema).toEqual({ $ref: '#/components/schemas/ThingAnswer' })
    const { Thing: given, ThingAnswer: answered } = document.components.schemas
    expect([given?.required, given?.additionalProperties]).toEqual([['thingId', 'at'], false])
    expect([answered?.required, answered?.additionalProperties]).toEqual([['thingId', 'size', 'at'], undefined])
    expect(answered?.properties?.at).toEqual({ type: 'string', format: 'date-time' })
  })

  it('has every status: the good ones, its own problems with their codes, and the framework’s', () => {
    expect(Object.keys(change.responses)).toEqual([
      '200',
      '202',
      '400',
      '401',
      '403',
      '404',
      '408',
      '409',
      '413',
      '415',
      '422',
      '429',
      '431',
      '500',
      '503',
      '504',
    ])
    const codes = (status: string): unknown =>
      JSON.stringify(change.responses[status]).match(/"enum":(\[[^\]]*\])/)?.[1]
    expect(codes('404')).toBe('["not-found"]')
    expect(codes('409')).toBe('["frozen","conflict","call-in-flight"]')
    expect(codes('422')).toBe('["too-large","idempotency-key-reused"]')
    expect(change.responses['400']).toEqual({ $ref: '#/components/responses/BadRequest' })
    expect(document.components.responses.TooManyRequests?.headers).toHaveProperty('Retry-After')
    expect(Object.keys(operation(document, '/things', 'get').responses)).toEqual([
      '200',
      '400',
      '429',
      '431',
      '500',
      '503',
      '504',
    ])
  })

  it('says who may call', () => {
    expect(change.security).toEqual([{ 'person.admin': [] }])
    expect(document.components.securitySchemes).toEqual({
      'person.admin': { type: 'apiKey', in: 'header', name: 'X-Key' },
    })
    expect(operation(document, '/things', 'get').security).toEqual([])
  })

  it('says what streams, files and nothing are', () => {
    const content = (path: string, method: string, status: string): unknown =>
      (operation(document, path, method).responses[status] as ResponseObject).content
    expect(content('/things', 'get', '200')).toEqual({
      'text/event-stream': { schema: { $ref: '#/components/schemas/ThingAnswer' } },
    })
    expect(content('/pictures/{name}', 'get', '200')).toEqual({ 'image/png': {}, 'image/svg+xml': {} })
    expect(content('/things/{thingId}', 'delete', '204')).toBeUndefined()
  })
})

describe('schemas', () => {
  it('that hold themselves become components', async () => {
    const Tree = z.object({
      name: z.string(),
      get parts() {
        return z.array(Tree)
      },
    })
    const Pair = z.object({ left: Tree, right: Tree })
    const document = documentOf({
      plant: endpoint('POST /trees', {
        summary: 'Plants',
        caller: anyone,
        body: Tree,
        returns: Tree,
        handle: ({ body }) => body,
      }),
      pair: endpoint('POST /pairs', {
        summary: 'Pairs',
        caller: anyone,
        body: Pair,
        returns: Pair,
        handle: ({ body }) => body,
      }),
    })
    expect(await complaints(document)).toEqual([])
    expect(operation(document, '/trees', 'post').requestBody?.content['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/PlantBody',
    })
    expect(document.components.schemas.PlantBody?.properties?.parts).toEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/PlantBody' },
    })
    expect(JSON.stringify(document)).not.toContain('$defs')
  })

  it('with one name and different content keep apart', async () => {
    const document = documentOf({
      first: endpoint('GET /first', {
        summary: '1',
        caller: anyone,
        returns: z.object({ a: z.string() }).meta({ id: 'Same thing' }),
        handle: () => ({ a: '' }),
      }),
      other: endpoint('GET /other', {
        summary: '2',
        caller: anyone,
        returns: z.object({ b: z.string() }),
        handle: () => ({ b: '' }),
      }),
    })
    expect(await complaints(document)).toEqual([])
    expect(Object.keys(document.components.schemas)).toEqual(['Same_thing', 'Problem'])
  })

  it('of a query with alternatives give the fields of all of them', () => {
    const query = z.union([z.object({ day: z.string() }), z.object({ from: z.string(), to: z.string() })])
    const document = documentOf({
      list: endpoint('GET /list', { summary: 'Lists', caller: anyone, query, returns: nothing, handle: () => {} }),
    })
    const listed = operation(document, '/list', 'get').parameters?.map(each => [each.name, each.required])
    expect(listed).toEqual([
      ['day', false],
      ['from', false],
      ['to', false],
    ])
  })
})
