/**
 * The contents of objects: one file for each put and each part of an upload, named by chance, so that no key ever
 * becomes a path.
 *
 * The states of a file:
 * - *arriving*: in the folder `arriving`, while its content comes in. Nobody knows it.
 * - *whole*: on disk to its last byte, in the folder of its first two letters. Kept if the index names it.
 * - *left*: the index does not name it (any more). It is removed as soon as its last reader has ended.
 * What a killed process leaves behind is arriving or left, never half of a kept file; `sweep` removes it.
 *
 * Beside its size each file has a checksum for every block of it, which the index keeps. A reader gets no byte of a block
 * that does not fit its checksum.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Bytes } from '../contract/bucket.ts'
import { limits, readable } from '../contract/limits.ts'
import { type Fault, fault } from '../contract/problems.ts'
import { errorCode, onDisk, syncFolder } from './disk.ts'

/** What the index keeps of a file. */
export interface WholeFile {
  readonly id: string
  readonly bytes: number
  readonly md5: Buffer
  /** CRC-32 of each block, four bytes each. */
  readonly sums: Buffer
}

/** How much is checked, and given to a reader, at once. */
export const blockBytes = 256 * 1_024

/** Bytes of one file: from the first to the last, both included. */
interface Piece {
  readonly file: WholeFile
  readonly first: number
  readonly last: number
}

export interface Range {
  readonly first: number
  readonly last?: number
}

export class ObjectFiles {
  readonly #folder: string
  readonly #folders = new Map<string, Promise<void>>()
  /** Being written, or written and not yet named by the index. */
  readonly #fresh = new Set<string>()
  /** How many read a file. */
  readonly #readers = new Map<string, number>()
  /** To be removed when the last reader has ended. */
  readonly #left = new Set<string>()
  readonly #forgotten = new FinalizationRegistry<Pin>(pin => void pin.release())
  #removing: Promise<void> = Promise.resolve()
  #sweeps = true

  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Takes a content in. The file is safe from `sweep` until `settled`.
   * Faults: `object-too-large`, `engine-unavailable`; whatever the content fails with.
   */
  async write(content: Bytes): Promise<WholeFile> {
    const id = newId()
    this.#fresh.add(id)
    const arriving = join(this.#folder, 'arriving', id)
    try {
      await this.#made('arriving')
      const file = { id, ...(await writeFile(arriving, content)) }
      await this.#made(folderOf(id))
      await onDisk(() => rename(arriving, this.#path(id)))
      await syncFolder(join(this.#folder, folderOf(id)))
      return file
    } catch (error) {
      for (const path of [arriving, this.#path(id)]) await rm(path, { force: true }).catch(() => {})
      this.#fresh.delete(id)
      throw error
    }
  }

  /** The index names these files now, or will never. */
  settled(id: string): void {
    this.#fresh.delete(id)
  }

  /**
   * The content that these files are one after the other, or a range of it. They stay until it has been read, or the
   * reader has gone.
   * Faults: `data-damaged`, here or while it is read.
   */
  async read(files: readonly WholeFile[], range?: Range): Promise<AsyncIterable<Uint8Array>> {
    const pieces = piecesOf(files, range)
    const pin = this.#pin(pieces.map(({ file }) => file.id))
    try {
      const [first] = pieces
      if (first) await this.#checkSize(first.file)
      return this.#reading(pieces, pin)
    } catch (error) {
      await pin.release()
      throw error
    }
  }

  /** Nothing names these files any more. */
  remove(ids: readonly string[]): void {
    for (const id of ids) {
      this.#fresh.delete(id)
      this.#left.add(id)
    }
    this.#removeLeft()
  }

  /** Removes what nobody knows: the remains of a process that died. */
  async sweep(isKept: (id: string) => boolean): Promise<void> {
    for (const folder of await entriesOf(this.#folder)) {
      for (const id of await entriesOf(join(this.#folder, folder))) {
        if (!this.#sweeps) return
        if (!isId(id) || this.#fresh.has(id) || (folder !== 'arriving' && isKept(id))) continue
        await rm(join(this.#folder, folder, id), { force: true }).catch(() => {})
      }
    }
  }

  stopSweeping(): void {
    this.#sweeps = false
  }

  /** Waits until what is left has been removed. */
  async close(): Promise<void> {
    this.stopSweeping()
    await this.#removing
  }

  #path(id: string): string {
    return join(this.#folder, folderOf(id), id)
  }

  /** Makes a folder once, for good. */
  #made(name: string): Promise<void> {
    const made = this.#folders.get(name) ?? makeFolder(this.#folder, name)
    this.#folders.set(name, made)
    made.catch(() => this.#folders.delete(name))
    return made
  }

  async #checkSize({ id, bytes }: WholeFile): Promise<void> {
    const path = this.#path(id)
    const found = await stat(path).catch(error => {
      throw errorCode(error) === 'ENOENT' ? damaged(path, 'is gone') : unreadable(path, error)
    })
    if (found.size !== bytes) throw damaged(path, `has ${found.size} bytes of ${bytes}`)
  }

  // ---------- readers

  #pin(ids: readonly string[]): Pin {
    for (const id of ids) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1)
    return new Pin(() => {
      for (const id of ids) this.#unpin(id)
      this.#removeLeft()
    })
  }

  #unpin(id: string): void {
    const readers = (this.#readers.get(id) ?? 0) - 1
    if (readers > 0) this.#readers.set(id, readers)
    else this.#readers.delete(id)
  }

  /** Ends with its reader: at the end, when it stops, when it fails, and when nobody has it any more. */
  #reading(pieces: readonly Piece[], pin: Pin): AsyncIterable<Uint8Array> {
    const blocks = blocksOf(pieces, file => this.#opened(file, pin))
    const ending = async <T>(step: Promise<IteratorResult<T>>): Promise<IteratorResult<T>> => {
      const result = await step.catch(async error => {
        await pin.release()
        throw error
      })
      if (result.done) await pin.release()
      return result
    }
    const reading: AsyncIterableIterator<Uint8Array> = {
      next: () => ending(blocks.next()),
      return: () => ending(blocks.return(undefined)),
      [Symbol.asyncIterator]: () => reading,
    }
    this.#forgotten.register(reading, pin)
    return reading
  }

  async #opened({ id }: WholeFile, pin: Pin): Promise<FileHandle> {
    const path = this.#path(id)
    const handle = await open(path, 'r').catch(error => {
      throw errorCode(error) === 'ENOENT' ? damaged(path, 'is gone') : unreadable(path, error)
    })
    await pin.hold(handle)
    return handle
  }

  #removeLeft(): void {
    const free = [...this.#left].filter(id => !this.#readers.has(id))
    if (free.length === 0) return
    for (const id of free) this.#left.delete(id)
    this.#removing = this.#removing.then(async () => {
      // What cannot be removed now will be at the next start.
      for (const id of free) await rm(this.#path(id), { force: true }).catch(() => {})
    })
  }
}

/** What a reader holds: its files, and the one that is open. */
class Pin {
  #ended: (() => void) | undefined
  #handle: FileHandle | undefined

  constructor(ended: () => void) {
    this.#ended = ended
  }

  /** Holds this one instead of the one before. */
  async hold(handle: FileHandle): Promise<void> {
    const before = this.#handle
    this.#handle = handle
    await before?.close()
  }

  async release(): Promise<void> {
    const [ended, handle] = [this.#ended, this.#handle]
    this.#ended = undefined
    this.#handle = undefined
    await handle?.close()
    ended?.()
  }
}

// ---------- writing

async function writeFile(path: string, content: Bytes): Promise<Omit<WholeFile, 'id'>> {
  const handle = await onDisk(() => open(path, 'wx'))
  const md5 = createHash('md5')
  const sums: number[] = []
  let bytes = 0
  try {
    for await (const block of content instanceof Uint8Array ? blocksIn(content) : gathered(content)) {
      bytes += block.byteLength
      if (bytes > limits.objectBytes) throw tooLarge()
      md5.update(block)
      sums.push(crc32(block))
      await onDisk(() => written(handle, block))
    }
    await onDisk(() => handle.datasync())
  } finally {
    await handle.close()
  }
  return { bytes, md5: md5.digest(), sums: sumsOf(sums) }
}

/** Refuses an object of so many bytes. */
export function checkObjectBytes(bytes: number): void {
  if (bytes > limits.objectBytes) throw tooLarge()
}

function tooLarge(): Fault {
  return fault('object-too-large', `an object has at most ${readable(limits.objectBytes)}`)
}

async function written(handle: FileHandle, block: Uint8Array): Promise<void> {
  for (let at = 0; at < block.byteLength; ) at += (await handle.write(block, at)).bytesWritten
}

/** Copies: what its owner does with the content afterwards is not what is written. */
function* blocksIn(content: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += blockBytes) yield content.slice(at, at + blockBytes)
}

/** The same bytes in blocks of one size, but the last. A block is good until the next one is asked for. */
async function* gathered(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block: Buffer | undefined
  let filled = 0
  for await (const chunk of content) {
    for (let at = 0; at < chunk.byteLength; ) {
      block ??= Buffer.allocUnsafeSlow(blockBytes)
      const taken = Math.min(chunk.byteLength - at, blockBytes - filled)
      block.set(chunk.subarray(at, at + taken), filled)
      at += taken
      filled += taken
      if (filled < blockBytes) continue
      yield block
      filled = 0
    }
  }
  if (block && filled > 0) yield block.subarray(0, filled)
}

function sumsOf(sums: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * sums.length)
  for (const [index, sum] of sums.entries()) bytes.writeUInt32LE(sum, 4 * index)
  return bytes
}

async function makeFolder(parent: string, name: string): Promise<void> {
  const first = await onDisk(() => mkdir(join(parent, name), { recursive: true }))
  if (first !== undefined) await syncFolder(dirname(parent))
  await syncFolder(parent)
}

/** 128 bits of chance. */
export function newId(): string {
  return randomBytes(16).toString('hex')
}

/** How files of ours are named: nothing else is ever removed. */
export function isId(name: string): boolean {
  return /^[0-9a-f]{32}$/.test(name)
}

function folderOf(id: string): string {
  return id.slice(0, 2)
}

// ---------- reading

/** Where in which file the range lies. What lies past the end is left out. */
function piecesOf(files: readonly WholeFile[], { first, last = Number.POSITIVE_INFINITY }: Range = { first: 0 }) {
  const pieces: Piece[] = []
  let begin = 0
  for (const file of files) {
    const piece = { file, first: Math.max(0, first - begin), last: Math.min(file.bytes - 1, last - begin) }
    if (piece.first <= piece.last) pieces.push(piece)
    begin += file.bytes
  }
  return pieces
}

async function* blocksOf(
  pieces: readonly Piece[],
  open: (file: WholeFile) => Promise<FileHandle>,
): AsyncGenerator<Uint8Array, undefined> {
  for (const { file, first, last } of pieces) {
    const handle = await open(file)
    for (let block = Math.floor(first / blockBytes); block * blockBytes <= last; block++) {
      const begin = block * blockBytes
      const bytes = await blockOf(handle, file, block)
      yield bytes.subarray(Math.max(0, first - begin), last - begin + 1)
    }
  }
  return undefined
}

/** One block, whole and as it was written. Faults: `data-damaged`. */
async function blockOf(handle: FileHandle, { id, bytes, sums }: WholeFile, block: number): Promise<Uint8Array> {
  const begin = block * blockBytes
  const content = Buffer.allocUnsafeSlow(Math.min(blockBytes, bytes - begin))
  for (let at = 0; at < content.length; ) {
    const { bytesRead } = await onDisk(() => handle.read(content, at, content.length - at, begin + at))
    if (bytesRead === 0) throw damaged(id, `ends after ${begin + at} bytes of ${bytes}`)
    at += bytesRead
  }
  if (crc32(content) !== sums.readUInt32LE(4 * block)) throw damaged(id, `was changed after byte ${begin}`)
  return content
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  // No folder, or a file of somebody else: nothing of ours is in it.
  return readdir(folder).catch(() => [])
}

function damaged(file: string, how: string): Fault {
  return fault(
    'data-damaged',
    `the file of an object ${how}: "${file}". Nothing was changed; put the file back, or put the object anew`,
  )
}

function unreadable(path: string, error: unknown): Fault {
  return fault('engine-unavailable', `"${path}" cannot be read: ${String(error)}`, {}, error)
}
