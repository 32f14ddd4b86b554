/** Messages as SQS and the table of letters keep them: JSON, of characters that SQS takes. */
import { createHash } from 'node:crypto'
import { fault, type NewMessage, type QueuedMessage } from 'groundplan/driver'

export interface Envelope extends Omit<NewMessage, 'queue' | 'dueAtMs'> {
  readonly sentAtMs: number
  /** Deliveries before it was put here. */
  readonly attempts?: number
}

export function envelopeOf({ queue: _, dueAtMs: __, ...message }: NewMessage, sentAtMs: number): Envelope {
  return { ...message, sentAtMs }
}

/** SQS takes neither U+FFFE nor U+FFFF; JSON says them otherwise. */
export function written(envelope: Envelope): string {
  return JSON.stringify(envelope).replace(/[\ufffe\uffff]/g, unit => (unit === '\ufffe' ? '\\ufffe' : '\\uffff'))
}

/** Faults: `data-damaged` where it is none of ours. */
export function read(text: string, queue: string): Envelope {
  try {
    return JSON.parse(text) as Envelope
  } catch (error) {
    throw fault('data-damaged', `queue "${queue}" has a message that is not ours`, {}, error)
  }
}

export function queued(
  queue: string,
  { attempts = 0, headers = {}, ...rest }: Envelope,
  delivery: number,
): QueuedMessage {
  return { queue, headers, ...rest, attempt: attempts + delivery }
}

/** SQS takes 128 plain characters; ids and order keys are any text. */
export function shortName(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
