/**
 * Links to objects for engines whose addresses lead to us: everything a link allows stands in its address, signed with
 * HMAC-SHA256. Nothing is kept of a link, so it works on every process that has the key, and ends by itself.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { checkObjectKey, type LinkTo } from './bucket.ts'
import type { Clock } from './clock.ts'
import { limits } from './limits.ts'
import { fault } from './problems.ts'

/** What the holder of a link may do. */
export type Allowed = Omit<LinkTo, 'forMs'>

export interface Links {
  /** The address of a link. Faults: `link-too-long` (1 hour), `invalid-key`, `part-invalid`. */
  address(to: LinkTo): string
  /** What a request may do; undefined where the link was not made here, for this, or has ended. */
  allowed(method: string, address: string): Allowed | undefined
}

/**
 * @param options.baseUrl where requests reach us; parameters are added to it
 * @param options.key signs; who has it can make links. Known to all processes that answer them, and to nobody else.
 */
export function signedLinks(options: {
  readonly clock: Clock
  readonly baseUrl: string
  readonly key: string | Uint8Array
}): Links {
  const { clock, baseUrl, key } = options
  return {
    address(to) {
      checkLink(to)
      const untilMs = clock.now() + to.forMs
      const parameters = new URLSearchParams([
        ...parametersOf(to),
        ['until', String(untilMs)],
        ['signature', signatureOf(key, to, untilMs)],
      ])
      return `${baseUrl}?${parameters}`
    },
    allowed(method, address) {
      const { searchParams } = new URL(address)
      const asked = askedBy(method, searchParams)
      const untilMs = numberOf(searchParams.get('until'))
      if (!asked || untilMs === undefined) return undefined
      const signed = isSame(signatureOf(key, asked, untilMs), searchParams.get('signature') ?? '')
      return signed && clock.now() < untilMs ? asked : undefined
    },
  }
}

function checkLink({ key, forMs, part }: LinkTo): void {
  checkObjectKey(key)
  if (!(forMs <= limits.linkMs)) {
    throw fault('link-too-long', `a link for ${forMs / 60_000} minutes, the limit is ${limits.linkMs / 60_000}`)
  }
  if (part) checkPartNumber(part.number)
}

/** Faults: `part-invalid`. */
export function checkPartNumber(number: number): void {
  if (Number.isInteger(number) && number >= 1 && number <= limits.parts) return
  throw fault('part-invalid', `parts have numbers from 1 to ${limits.parts}, not ${number}`)
}

function parametersOf({ bucket, key, type, part }: Allowed): [name: string, value: string][] {
  return [
    ['bucket', bucket],
    ['key', key],
    ...(type === undefined ? [] : ([['type', type]] as [string, string][])),
    ...(part
      ? ([
          ['upload', part.upload],
          ['part', String(part.number)],
        ] as [string, string][])
      : []),
  ]
}

function askedBy(method: string, parameters: URLSearchParams): Allowed | undefined {
  const bucket = parameters.get('bucket')
  const key = parameters.get('key')
  const type = parameters.get('type')
  const upload = parameters.get('upload')
  const number = numberOf(parameters.get('part'))
  if ((method !== 'GET' && method !== 'PUT') || bucket === null || key === null) return undefined
  return {
    method,
    bucket,
    key,
    ...(type === null ? {} : { type }),
    ...(upload === null || number === undefined ? {} : { part: { upload, number } }),
  }
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function signatureOf(key: string | Uint8Array, to: Allowed, untilMs: number): string {
  // As JSON no two links are written alike; the first word keeps them apart from all else the key may sign.
  const { method, bucket, key: object, type = null, part } = to
  const signed = JSON.stringify([
    'link',
    method,
    bucket,
    object,
    untilMs,
    type,
    part?.upload ?? null,
    part?.number ?? null,
  ])
  return createHmac('sha256', key).update(signed).digest('base64url')
}

/** Takes equally long wherever two signatures differ, so that nobody can guess one letter by letter. */
export function isSame(signature: string, given: string): boolean {
  // Compared as texts: several texts can stand for the same bytes.
  const [one, other] = [Buffer.from(signature), Buffer.from(given)]
  return one.length === other.length && timingSafeEqual(one, other)
}
