/** What a request gives, validated part by part. */
import { fault } from '../contract/problems.ts'
import type { Asked } from './door.ts'
import type { Inputs } from './endpoints.ts'

/** The validated parts of a request. */
export interface Given {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly headers: unknown
}

interface Issue {
  readonly path: string
  readonly message: string
}

export function validated(inputs: Inputs, asked: Asked): Given {
  const issues: Issue[] = []
  const { params, query, headers, body } = inputs
  const given = {
    params: params ? part(issues, '/params', params, asked.params) : asked.params,
    query: query && part(issues, '/query', query, queryOf(inputs, asked)),
    headers: headers && part(issues, '/headers', headers, headersOf(inputs, asked)),
    body: body ? part(issues, '/body', body, asked.body) : noBody(issues, asked.body),
  }
  if (issues.length > 0) throw invalid(issues)
  return given
}

export function validatedPayload(inputs: Inputs, payload: string): Given {
  const { params = {}, query = {}, headers = {}, body } = JSON.parse(payload) as Partial<Given>
  const issues: Issue[] = []
  const given = {
    params: inputs.params ? part(issues, '/params', inputs.params, params) : params,
    query: inputs.query && part(issues, '/query', inputs.query, query),
    headers: inputs.headers && part(issues, '/headers', inputs.headers, headers),
    body: inputs.body && part(issues, '/body', inputs.body, body),
  }
  if (issues.length > 0) throw invalid(issues)
  return given
}

function invalid(issues: readonly Issue[]): Error {
  return fault('request-invalid', `${issues[0]?.path} ${issues[0]?.message}`, { issues })
}

function part(issues: Issue[], at: string, reader: NonNullable<Inputs['body']>, value: unknown): unknown {
  const read = reader.read(value)
  if (read.ok) return read.value
  for (const issue of read.issues) issues.push({ path: at + issue.path, message: issue.message })
  return undefined
}

function noBody(issues: Issue[], body: unknown): undefined {
  const empty = body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0)
  if (!empty) issues.push({ path: '/body', message: 'this endpoint takes no body' })
}

function queryOf({ listQueries }: Inputs, asked: Asked): Readonly<Record<string, unknown>> {
  if (listQueries.length === 0) return asked.query
  const query: Record<string, unknown> = { ...asked.query }
  for (const name of listQueries) if (typeof query[name] === 'string') query[name] = [query[name]]
  return query
}

function headersOf({ headerNames }: Inputs, asked: Asked): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const name of headerNames) {
    const value = asked.header(name.toLowerCase())
    if (value !== undefined) headers[name] = value
  }
  return headers
}
