/**
 * What is known of objects, uploads and their files, in one ordered map of bytes. Each kind of entry has a letter:
 *
 * - `o` bucket, key: the object, all but its content.
 * - `a` bucket, instant, key: the same objects by age, so that the old ones are found.
 * - `j` file: the files of an object that was joined of several, named after the first.
 * - `f` file: its size and checksums. What has no such entry is no file of ours.
 * - `u` upload: an upload under way. `p` upload, number: the file of a part.
 * - `e` instant, upload: those of them that end by themselves, by when they do.
 *
 * Writing is for whoever is inside a transaction.
 */
import type { ObjectState } from '../contract/bucket.ts'
import type { Bytes } from './kept.ts'
import { countedKey, endOf, following } from './key-bytes.ts'
import { isId, type WholeFile } from './object-files.ts'

/** An object as kept. */
export interface ObjectEntry extends Omit<ObjectState, 'key' | 'state'> {
  /** Its only file, or the first of those that it was joined of. */
  readonly file: string
  readonly joined?: true
  /** Since it was restored last: readable from when until when. */
  readonly restored?: { readonly fromMs: number; readonly untilMs: number }
}

export interface UploadEntry {
  readonly bucket: string
  readonly key: string
  readonly type?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** What its parts may have together. */
  readonly maxBytes?: number
  /** What they have now. Kept where there is a bound. */
  readonly partBytes?: number
  /** When it ends by itself. */
  readonly untilMs?: number
}

export class ObjectIndex {
  readonly #entries: Bytes

  constructor(entries: Bytes) {
    this.#entries = entries
  }

  // ---------- objects

  object(bucket: string, key: string): ObjectEntry | undefined {
    return this.#read<ObjectEntry>(objectKey(bucket, key))
  }

  /** Objects of keys that begin with `prefix`, after the key `after`, in the order of their bytes, until told to stop. */
  objects(
    bucket: string,
    { prefix, after }: { readonly prefix: string; readonly after: string | undefined },
    each: (key: string, entry: ObjectEntry) => boolean,
  ): void {
    const begin = objectKey(bucket, prefix)
    const start = after === undefined ? begin : following(objectKey(bucket, after))
    const keyAt = objectKey(bucket, '').length
    for (const { key, value } of this.#entries.getRange({ start, end: endOf(begin) })) {
      if (!each(Buffer.from(key).toString('utf8', keyAt), parsed<ObjectEntry>(value))) return
    }
  }

  /** The keys of objects stored at or before an instant, the oldest first. */
  olderThan(bucket: string, atMs: number, limit: number): readonly string[] {
    const begin = ageKey(bucket)
    const keyAt = begin.length + instantBytes
    const end = ageKey(bucket, atMs + 1)
    return [...this.#entries.getKeys({ start: begin, end, limit })].map(key => Buffer.from(key).toString('utf8', keyAt))
  }

  /** When the oldest object of a bucket was stored. */
  oldestAtMs(bucket: string): number | undefined {
    const begin = ageKey(bucket)
    const [first] = this.#entries.getKeys({ start: begin, end: endOf(begin), limit: 1 })
    return first && Buffer.from(first).readUIntBE(begin.length, instantBytes)
  }

  /** Puts the object in the place of the one that is there; gives the files that this one leaves. */
  putObject(bucket: string, key: string, entry: ObjectEntry): readonly string[] {
    const left = this.removeObject(bucket, key)
    this.#write(objectKey(bucket, key), entry)
    this.#entries.put(ageKey(bucket, entry.storedAtMs, key), nothing)
    return left
  }

  /** Changes what is known of an object, not its content or age. */
  changeObject(bucket: string, key: string, entry: ObjectEntry): void {
    this.#write(objectKey(bucket, key), entry)
  }

  /** Gives the files that it leaves. */
  removeObject(bucket: string, key: string): readonly string[] {
    const entry = this.object(bucket, key)
    if (!entry) return []
    const files = this.filesOf(entry)
    this.#entries.remove(objectKey(bucket, key))
    this.#entries.remove(ageKey(bucket, entry.storedAtMs, key))
    this.#entries.remove(letter('j', entry.file))
    for (const file of files) this.#entries.remove(letter('f', file))
    return files
  }

  // ---------- files

  hasFile(id: string): boolean {
    return this.#entries.doesExist(letter('f', id))
  }

  file(id: string): WholeFile | undefined {
    const value = this.#entries.getBinary(letter('f', id))
    return value && { id, bytes: value.readUIntBE(0, 6), md5: value.subarray(6, 22), sums: value.subarray(22) }
  }

  putFile({ id, bytes, md5, sums }: WholeFile): void {
    const size = Buffer.allocUnsafe(6)
    size.writeUIntBE(bytes, 0, 6)
    this.#entries.put(letter('f', id), Buffer.concat([size, md5, sums]))
  }

  /** The files that the content of an object is, in their order. */
  filesOf({ file, joined }: ObjectEntry): readonly string[] {
    return (joined && this.#read<readonly string[]>(letter('j', file))) || [file]
  }

  /** Keeps the files of a joined object under the first. */
  putJoined(files: readonly [string, ...string[]]): void {
    this.#write(letter('j', files[0]), files)
  }

  // ---------- uploads

  upload(id: string): UploadEntry | undefined {
    return isId(id) ? this.#read<UploadEntry>(letter('u', id)) : undefined
  }

  putUpload(id: string, entry: UploadEntry): void {
    this.#write(letter('u', id), entry)
    if (entry.untilMs !== undefined) this.#entries.put(endKey(entry.untilMs, id), nothing)
  }

  /** Uploads that have ended by themselves at an instant, the oldest first. */
  endedUploads(atMs: number, limit: number): readonly string[] {
    const keys = this.#entries.getKeys({ start: endKey(0), end: endKey(atMs + 1), limit })
    return [...keys].map(key => Buffer.from(key).toString('latin1', endKey(0).length))
  }

  /** When the next upload ends by itself. */
  nextUploadEndMs(): number | undefined {
    const [first] = this.#entries.getKeys({ start: endKey(0), end: endOf(Buffer.from('e')), limit: 1 })
    return first && Buffer.from(first).readUIntBE(1, instantBytes)
  }

  /** The file of a part. */
  part(upload: string, number: number): string | undefined {
    return this.#entries.getBinary(partKey(upload, number))?.toString()
  }

  /** Puts the part in the place of the one that is there; gives the files that this one leaves. */
  putPart(upload: string, number: number, file: WholeFile): readonly string[] {
    const before = this.part(upload, number)
    this.putFile(file)
    this.#entries.put(partKey(upload, number), Buffer.from(file.id))
    if (before === undefined) return []
    this.#entries.remove(letter('f', before))
    return [before]
  }

  /** Forgets the upload; gives the files that its parts leave, all but those that are kept for an object. */
  removeUpload(id: string, kept: ReadonlySet<string> = new Set()): readonly string[] {
    const begin = letter('p', id)
    const { untilMs } = this.upload(id) ?? {}
    if (untilMs !== undefined) this.#entries.remove(endKey(untilMs, id))
    const parts = [...this.#entries.getRange({ start: begin, end: endOf(begin) })]
    for (const { key } of parts) this.#entries.remove(Buffer.from(key))
    this.#entries.remove(letter('u', id))
    const left = parts.map(({ value }) => value.toString()).filter(file => !kept.has(file))
    for (const file of left) this.#entries.remove(letter('f', file))
    return left
  }

  #read<T>(key: Buffer): T | undefined {
    const value = this.#entries.getBinary(key)
    return value && parsed<T>(value)
  }

  #write(key: Buffer, value: unknown): void {
    this.#entries.put(key, Buffer.from(JSON.stringify(value)))
  }
}

const nothing = Buffer.alloc(0)
const instantBytes = 6

/** What is kept here was written here. */
function parsed<T>(value: Buffer): T {
  return JSON.parse(value.toString()) as T
}

function letter(kind: 'f' | 'j' | 'p' | 'u', id: string): Buffer {
  return Buffer.from(kind + id, 'latin1')
}

/** No bucket's name and no key has a zero byte, so one ends where the other begins. */
function objectKey(bucket: string, key: string): Buffer {
  return Buffer.from(`o${bucket}\0${key}`)
}

function ageKey(bucket: string, atMs?: number, key = ''): Buffer {
  const begin = Buffer.from(`a${bucket}\0`)
  return atMs === undefined ? begin : Buffer.concat([countedKey(begin, atMs), Buffer.from(key)])
}

function endKey(atMs: number, upload = ''): Buffer {
  return Buffer.concat([countedKey(Buffer.from('e'), atMs), Buffer.from(upload, 'latin1')])
}

function partKey(upload: string, number: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(number)
  return Buffer.concat([letter('p', upload), bytes])
}
