/** What S3 knows of an object, in our words. */
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { ObjectState } from 'groundplan/driver'

/** The metadata that holds when an object was put, by our clock. */
const noteName = 'groundplan-stored-at'

export function timeNote(storedAtMs: number): Readonly<Record<string, string>> {
  return { [noteName]: String(storedAtMs) }
}

type Known = Pick<
  HeadObjectCommandOutput,
  'ContentLength' | 'ContentRange' | 'ContentType' | 'ETag' | 'LastModified' | 'Metadata' | 'Restore' | 'StorageClass'
>

export function stateOf(key: string, known: Known): ObjectState {
  const { [noteName]: note, ...metadata } = known.Metadata ?? {}
  const noted = note === undefined ? Number.NaN : Number(note)
  return {
    key,
    bytes: bytesOf(known),
    type: known.ContentType ?? 'application/octet-stream',
    etag: (known.ETag ?? '').replaceAll('"', ''),
    storedAtMs: Number.isFinite(noted) ? noted : (known.LastModified?.getTime() ?? 0),
    metadata,
    state: warmth(known),
  }
}

/** A range says how long the whole is. */
function bytesOf({ ContentLength = 0, ContentRange }: Known): number {
  const whole = /\/(\d+)$/.exec(ContentRange ?? '')?.[1]
  return whole === undefined ? ContentLength : Number(whole)
}

const coldClasses = new Set(['GLACIER', 'DEEP_ARCHIVE'])

function warmth({ StorageClass, Restore }: Known): ObjectState['state'] {
  if (!coldClasses.has(StorageClass ?? '')) return 'warm'
  if (!Restore) return 'cold'
  return Restore.includes('ongoing-request="true"') ? 'restoring' : 'warm'
}
