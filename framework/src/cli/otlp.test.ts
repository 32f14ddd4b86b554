import { describe, expect, it } from 'vitest'
import { otlpIn, sampledIn } from './otlp.ts'

describe("OpenTelemetry's variables", () => {
  it('say nothing unless an address is among them', () => {
    expect(otlpIn({})).toBeUndefined()
    expect(otlpIn({ OTEL_SERVICE_NAME: 'shop', OTEL_EXPORTER_OTLP_HEADERS: 'a=b' })).toBeUndefined()
    expect(otlpIn({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBeUndefined()
  })

  it('name one address for all, to which each kind adds its path', () => {
    const options = otlpIn({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/base/' })
    expect(options?.endpoints).toEqual({
      traces: { url: 'http://127.0.0.1:4318/base/v1/traces', headers: {} },
      logs: { url: 'http://127.0.0.1:4318/base/v1/logs', headers: {} },
      metrics: { url: 'http://127.0.0.1:4318/base/v1/metrics', headers: {} },
    })
  })

  it('name an address of one kind, taken as it is', () => {
    const one = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://example.org/mine' }
    expect(otlpIn(one)?.endpoints).toEqual({ traces: { url: 'https://example.org/mine', headers: {} } })
    const both = { ...one, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
    expect(otlpIn(both)?.endpoints.traces?.url).toBe('https://example.org/mine')
    expect(otlpIn(both)?.endpoints.logs?.url).toBe('http://127.0.0.1:4318/v1/logs')
  })

  it('give headers, percent-encoded, those of one kind on top', () => {
    const options = otlpIn({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'Api-Key=a%2Cb%3D, x-tenant = one ',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'api-key=other',
    })
    expect(options?.endpoints.traces?.headers).toEqual({ 'api-key': 'a,b=', 'x-tenant': 'one' })
    expect(options?.endpoints.logs?.headers).toEqual({ 'api-key': 'other', 'x-tenant': 'one' })
  })

  it('may hold a user in the address, which goes into a header', () => {
    expect(otlpIn({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://me:p%40ss@example.org/x' })?.endpoints.traces).toEqual(
      {
        url: 'https://example.org/x',
        headers: { authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` },
      },
    )
  })

  it('turn off one kind, or all', () => {
    const all = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
    expect(Object.keys(otlpIn({ ...all, OTEL_LOGS_EXPORTER: 'none' })?.endpoints ?? {})).toEqual(['traces', 'metrics'])
    expect(otlpIn({ ...all, OTEL_SDK_DISABLED: 'true' })).toBeUndefined()
  })

  it('set compression, time-out and how often counts are sent', () => {
    const options = otlpIn({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_TIMEOUT: '5000',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '7000',
      OTEL_METRIC_EXPORT_INTERVAL: '30000',
    })
    expect(options?.endpoints.logs).toMatchObject({ compression: 'gzip', timeoutMs: 5_000 })
    expect(options?.endpoints.traces).toMatchObject({ timeoutMs: 7_000 })
    expect(options?.metricsEveryMs).toBe(30_000)
  })

  it('name the service and what else is known of the process', () => {
    const options = otlpIn({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=other',
    })
    expect(options?.resource).toMatchObject({ 'service.name': 'shop', 'deployment.environment.name': 'test' })
    expect(options?.resource['service.instance.id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('set the share of traces that is kept', () => {
    expect(sampledIn({})).toBeUndefined()
    expect(sampledIn({ OTEL_TRACES_SAMPLER: 'always_on' })).toBe(1)
    expect(sampledIn({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' })).toBe(0)
    expect(sampledIn({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' })).toBe(0.25)
    expect(sampledIn({ OTEL_TRACES_SAMPLER: 'traceidratio' })).toBe(1)
  })

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:secret', {}],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://secret', {}],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', {}],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'brotli', {}],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '5s', {}],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'secret', {}],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%secret', {}],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a b=secret', {}],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=secret%0A', {}],
    ['OTEL_TRACES_SAMPLER', 'secret', {}],
    ['OTEL_TRACES_SAMPLER_ARG', '2', { OTEL_TRACES_SAMPLER: 'traceidratio' }],
  ])('%s=%s ends the start, without showing the value', (name, value, more) => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', ...more, [name]: value }
    const read = () => [otlpIn(environment), sampledIn(environment)]
    expect(read).toThrow(`${name} is not understood`)
    expect(read).not.toThrow('secret')
  })
})
