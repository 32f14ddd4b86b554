/**
 * What OpenTelemetry's variables say of this process (opentelemetry.io/docs/specs/otel/protocol/exporter): where
 * telemetry is exported to, under which name, which share of traces is kept. They may stand in `.env` as well. What
 * cannot be understood ends the start, by the variable's name and never with its value.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { OtlpEndpoint, OtlpOptions } from '../http/otlp.ts'
import type { Environment } from './environment.ts'
import { Failure } from './errors.ts'

type Signal = keyof OtlpOptions['endpoints']

const signals: readonly Signal[] = ['traces', 'logs', 'metrics']

/** Where to export to; undefined when nobody said. */
export function otlpIn(environment: Environment): OtlpOptions | undefined {
  if (environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined
  const found = signals.flatMap(signal => {
    const endpoint = endpointOf(signal, environment)
    return endpoint ? [[signal, endpoint] as const] : []
  })
  if (found.length === 0) return undefined
  const everyMs = milliseconds('OTEL_METRIC_EXPORT_INTERVAL', environment)
  return {
    endpoints: Object.fromEntries(found),
    resource: resourceOf(environment),
    ...(everyMs === undefined ? {} : { metricsEveryMs: everyMs }),
  }
}

/** The share of new traces that is kept, 0 to 1; undefined when nobody said. */
export function sampledIn(environment: Environment): number | undefined {
  const sampler = environment.OTEL_TRACES_SAMPLER?.replace(/^parentbased_/, '')
  if (!sampler) return undefined
  if (sampler === 'always_on') return 1
  if (sampler === 'always_off') return 0
  const share = Number(environment.OTEL_TRACES_SAMPLER_ARG || 1)
  if (sampler !== 'traceidratio') throw wrong('OTEL_TRACES_SAMPLER', 'always_on, always_off or traceidratio')
  if (!(share >= 0 && share <= 1)) throw wrong('OTEL_TRACES_SAMPLER_ARG', 'a number from 0 to 1')
  return share
}

function endpointOf(signal: Signal, environment: Environment): OtlpEndpoint | undefined {
  const upper = signal.toUpperCase()
  const given = (what: string) =>
    variableOf(environment, `OTEL_EXPORTER_OTLP_${upper}_${what}`, `OTEL_EXPORTER_OTLP_${what}`)
  if (environment[`OTEL_${upper}_EXPORTER`] === 'none') return undefined
  const address = addressOf(signal, environment)
  if (!address) return undefined
  requireHttp(given('PROTOCOL'))
  const timeout = given('TIMEOUT')
  const timeoutMs = timeout && milliseconds(timeout.name, environment)
  return {
    url: address.url,
    headers: {
      ...address.headers,
      ...headersIn(environment, 'OTEL_EXPORTER_OTLP_HEADERS', `OTEL_EXPORTER_OTLP_${upper}_HEADERS`),
    },
    ...(isGzip(given('COMPRESSION')) ? { compression: 'gzip' } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }
}

interface Variable {
  readonly name: string
  readonly value: string
}

/** The first that is set. An empty one counts as not set. */
function variableOf(environment: Environment, ...names: readonly string[]): Variable | undefined {
  const name = names.find(each => environment[each])
  return name === undefined ? undefined : { name, value: environment[name] ?? '' }
}

interface Address {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** One kind's own address is taken as it is; to the common one the path of the kind is added. */
function addressOf(signal: Signal, environment: Environment): Address | undefined {
  const own = variableOf(environment, `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`)
  if (own) return addressIn(own, own.value)
  const common = variableOf(environment, 'OTEL_EXPORTER_OTLP_ENDPOINT')
  return common && addressIn(common, `${common.value.replace(/\/+$/, '')}/v1/${signal}`)
}

/** What stands before the @ of an address goes into a header. */
function addressIn({ name }: Variable, text: string): Address {
  if (!URL.canParse(text)) throw wrong(name, 'an address such as http://127.0.0.1:4318')
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol)) throw wrong(name, 'an address that begins with http:// or https://')
  const { username, password } = url
  url.username = ''
  url.password = ''
  if (username === '' && password === '') return { url: url.href, headers: {} }
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { url: url.href, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
}

/** JSON and protocol buffers go to the same port of a collector. */
function requireHttp(protocol: Variable | undefined): void {
  if (protocol === undefined || /^http\/(json|protobuf)$/.test(protocol.value)) return
  throw wrong(protocol.name, 'http/json; a collector takes it on port 4318')
}

function isGzip(compression: Variable | undefined): boolean {
  if (compression === undefined || compression.value === 'none') return false
  if (compression.value === 'gzip') return true
  throw wrong(compression.name, 'gzip or none')
}

function milliseconds(name: string, environment: Environment): number | undefined {
  const text = environment[name]
  if (!text) return undefined
  const ms = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (ms === 0) throw wrong(name, 'a number of milliseconds')
  return ms
}

/** Names in lower case, so that those of one kind of telemetry replace the common ones. */
function headersIn(environment: Environment, ...names: readonly string[]): Readonly<Record<string, string>> {
  const pairs = names.flatMap(name =>
    pairsIn(environment, name).map(([key, value]) => {
      if (!isHeader(key, value)) throw wrong(name, 'headers as name=value,name=value')
      return [key.toLowerCase(), value] as const
    }),
  )
  return Object.fromEntries(pairs)
}

function isHeader(name: string, value: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
}

function resourceOf(environment: Environment): OtlpOptions['resource'] {
  const name = environment.OTEL_SERVICE_NAME
  return {
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    ...Object.fromEntries(pairsIn(environment, 'OTEL_RESOURCE_ATTRIBUTES')),
    ...(name ? { 'service.name': name } : {}),
  }
}

/** `name=value,name=value`, as W3C baggage has it: values may be percent-encoded. */
function pairsIn(environment: Environment, name: string): readonly (readonly [string, string])[] {
  const parts = (environment[name] ?? '').split(',').filter(part => part.trim() !== '')
  return parts.map(part => {
    const at = part.indexOf('=')
    try {
      if (at > 0) return [decodeURIComponent(part.slice(0, at).trim()), decodeURIComponent(part.slice(at + 1).trim())]
    } catch {
      // Told below.
    }
    throw wrong(name, 'name=value,name=value, with % and commas in values percent-encoded')
  })
}

function wrong(variable: string, expected: string): Failure {
  return new Failure(`${variable} is not understood`, `write ${expected}, or leave it away`)
}
