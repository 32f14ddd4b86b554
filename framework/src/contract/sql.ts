/**
 * SQL values and failures as every PostgreSQL engine of ours has them: what `database.ts` promises, in code that the
 * engines share. Text in, text out: all values travel in PostgreSQL's text format.
 */
import { type Fault, fault } from './problems.ts'

// ---------- parameters

/**
 * The parameters of a statement in PostgreSQL's text format; at most 65,535.
 * Faults: `sql-failed` for what cannot be a parameter, with its number and never its value.
 */
export function sqlParameters(text: string, parameters: readonly unknown[]): readonly (string | null)[] {
  if (!keepable(text)) throw refused('the statement', '22021', unkeepable)
  if (parameters.length > mostParameters)
    throw refused('the statement', '54000', `has more than ${mostParameters} parameters`)
  return parameters.map((value, index) => {
    const where = `parameter $${index + 1}`
    const encoded = sqlParameter(value, where)
    if (encoded !== null && !keepable(encoded)) throw refused(where, '22021', unkeepable)
    return encoded
  })
}

/** PostgreSQL's protocol counts them in 16 bits. */
const mostParameters = 65_535
const unkeepable = 'holds U+0000 or half of a surrogate pair, which PostgreSQL cannot keep'

function sqlParameter(value: unknown, where: string): string | null {
  if (value === null || value === undefined) return null
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      return objectParameter(value, where)
    default:
      throw refused(where, '22023', `is a ${typeof value}`)
  }
}

function objectParameter(value: object, where: string): string {
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  if (value instanceof Date && Number.isNaN(value.getTime())) throw refused(where, '22007', 'is an invalid Date')
  if (value instanceof Date) return value.toISOString()
  if (!isJson(value)) throw refused(where, '22023', 'is an object that JSON would not keep')
  return jsonText(value, where)
}

function isJson(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null || 'toJSON' in value
}

function jsonText(value: object, where: string): string {
  try {
    return JSON.stringify(value)
  } catch {
    throw refused(where, '22023', 'cannot be written as JSON')
  }
}

function refused(where: string, sqlState: string, why: string): Fault {
  return fault('sql-failed', `${where} ${why}`, { sqlState })
}

/** Whether PostgreSQL's text can hold it: no U+0000, no half of a surrogate pair. */
function keepable(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text)
}

// ---------- columns

type FromText = (text: string) => unknown

/**
 * The value of a column from its text, by the object id of its type (`pg_type.oid`).
 * Fails with `code` 22003 on a bigint outside the safe integers.
 */
export function sqlValue(typeId: number, text: string): unknown {
  const read = scalars[typeId] ?? arrays[typeId]
  return read ? read(text) : text
}

const asNumber: FromText = text => Number(text)

const scalars: Readonly<Record<number, FromText>> = {
  16: text => text === 't', // boolean
  17: bytes, // bytea
  20: safeInteger, // bigint
  21: asNumber, // smallint
  23: asNumber, // integer
  26: asNumber, // oid
  114: JSON.parse, // json
  700: asNumber, // real
  701: asNumber, // double precision
  1114: localTime, // timestamp
  1184: instant, // timestamptz
  3802: JSON.parse, // jsonb
}

/** Object ids of array types, each with its element's. Arrays of text-like types are read as texts. */
const elements: Readonly<Record<number, number>> = {
  1000: 16,
  1001: 17,
  1016: 20,
  1005: 21,
  1007: 23,
  1028: 26,
  199: 114,
  1021: 700,
  1022: 701,
  1115: 1114,
  1185: 1184,
  3807: 3802,
  // name, text, char, varchar, date, time, interval, numeric, uuid, inet
  ...Object.fromEntries([1003, 1009, 1014, 1015, 1182, 1183, 1187, 1231, 2951, 1041].map(array => [array, 25])),
}

const arrays: Readonly<Record<number, FromText>> = Object.fromEntries(
  Object.entries(elements).map(([array, element]) => [array, (text: string) => listOf(text, element)]),
)

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice('\\x'.length), 'hex'))
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw Object.assign(new RangeError('a bigint is outside the safe integers: select it as text'), { code: '22003' })
}

const timeText = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-]\d\d(?::\d\d)?)?$/

function localTime(text: string): string {
  const [, day, time, fraction] = timeText.exec(text) ?? []
  return day ? `${day}T${time}.${digits(fraction)}` : text
}

function instant(text: string): string {
  const [, day, time, fraction, offset = '+00'] = timeText.exec(text) ?? []
  if (!day) return text
  const seconds = offset === '+00' ? `${day}T${time}` : inUtc(`${day}T${time}`, offset)
  return `${seconds}.${digits(fraction)}Z`
}

/** A session that was set to another zone by SQL writes offsets. */
function inUtc(seconds: string, offset: string): string {
  const whole = offset.length === 3 ? `${offset}:00` : offset
  return new Date(`${seconds}${whole}`).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)
}

/** Milliseconds, as JavaScript writes them, or microseconds where there are any. */
function digits(fraction = ''): string {
  return fraction.length <= 3 ? fraction.padEnd(3, '0') : fraction.padEnd(6, '0')
}

/** An array literal, such as `{1,NULL,"a \"b\""}` or, with several dimensions, `{{1,2},{3,4}}`. */
function listOf(text: string, element: number): unknown[] {
  const tokens = text.matchAll(/[{}]|"((?:[^"\\]|\\.)*)"|[^{},"]+/gs)
  const stack: unknown[][] = [[]]
  for (const [token, quoted] of skipBounds(text, tokens)) {
    const top = stack.at(-1) ?? []
    if (token === '{') stack.push([])
    else if (token === '}') stack.at(-2)?.push(stack.pop())
    else if (quoted !== undefined) top.push(sqlValue(element, quoted.replace(/\\(.)/gs, '$1')))
    else top.push(token === 'NULL' ? null : sqlValue(element, token))
  }
  return stack[0]?.[0] as unknown[]
}

/** Drops the bounds that stand before arrays not counted from 1: `[0:1]={1,2}`. */
function* skipBounds<T extends { readonly index: number }>(text: string, tokens: Iterable<T>): Iterable<T> {
  const begins = text.indexOf('{')
  for (const token of tokens) if (token.index >= begins) yield token
}

// ---------- failures

/** What a driver's library threw, as an error of PostgreSQL. */
export function sqlErrorOf(thrown: unknown): SqlError {
  return thrown instanceof Error ? thrown : { message: String(thrown) }
}

/** What PostgreSQL says of a failure, as far as it is used. */
export interface SqlError {
  readonly message: string
  /** The SQLSTATE; absent where it was not PostgreSQL that failed. */
  readonly code?: string | undefined
  readonly constraint?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
}

/** Serialisation failure and deadlock: the transaction is to be run again. */
export function mayRunAgain(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state === '40001' || state === '40P01'
}

/** The SQLSTATE that a fault of ours carries. */
export function sqlStateOf(error: unknown): string | undefined {
  const more = (error as { more?: { sqlState?: unknown } } | undefined)?.more
  return typeof more?.sqlState === 'string' ? more.sqlState : undefined
}

/** The fault that stands for a failure of PostgreSQL, or of the way to it. No values: neither parameters nor rows. */
export function sqlFault(error: SqlError, text: string, parameters: readonly (string | null)[] = []): Fault {
  const { code, constraint, table, column } = error
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return unavailable(error.message)
  const more = { sqlState: code, ...given({ constraint, table, column }) }
  const message = withoutValues(error.message, code, parameters)
  if (code === '23505' || code === '23P01') return fault('conflict', message, more)
  if (code === '57014') return fault('timed-out', message, more)
  if (code === 'XX001' || code === 'XX002') return fault('data-damaged', message, more)
  if (isUnavailable(code)) return fault('engine-unavailable', message, more)
  return fault('sql-failed', `${message} (${code}), in: ${shortened(text)}`, more)
}

function unavailable(message: string): Fault {
  return fault('engine-unavailable', message)
}

/** Connection lost or refused (08, but 08P01 is a mistake of ours), out of resources (53), shut down (57P). */
function isUnavailable(code: string): boolean {
  return (code.startsWith('08') && code !== '08P01') || code.startsWith('53') || code.startsWith('57P')
}

function given(names: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(names).filter((pair): pair is [string, string] => pair[1] !== undefined))
}

/** PostgreSQL quotes the offending value in the messages of class 22; raised messages may hold parameters. */
function withoutValues(message: string, code: string, parameters: readonly (string | null)[]): string {
  const unquoted = code.startsWith('22') ? message.replace(/".*"/s, '"…"') : message
  return parameters.reduce<string>(
    (text, value) => (value && value.length > 3 ? text.replaceAll(value, '…') : text),
    unquoted,
  )
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}
