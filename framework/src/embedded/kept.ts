/**
 * The books of the data folder: what is kept under keys of bytes, in the order of their bytes. Reading is for anybody at
 * any time; writing is for transactions only, since whatever is written is also added to the record of the transaction.
 */
import type { Database } from 'lmdb'
import type { JournalRecord } from './journal-record.ts'

/** From `start` (included) to `end` (not included); the other way round, from `start` down to `end`. */
export interface KeyRange {
  readonly start?: Uint8Array
  readonly end?: Uint8Array
  readonly limit?: number
  readonly reverse?: boolean
  readonly exclusiveStart?: boolean
  readonly inclusiveEnd?: boolean
}

/** What a transaction writes goes in here; refuses where there is none. */
export interface Recorder {
  readonly record: JournalRecord
}

/** What both kinds of books have. */
abstract class Book<V> {
  readonly number: number
  protected readonly recorder: Recorder
  protected readonly all: Database<V, Uint8Array>

  constructor(recorder: Recorder, number: number, all: Database<V, Uint8Array>) {
    this.recorder = recorder
    this.number = number
    this.all = all
  }

  doesExist(key: Uint8Array): boolean {
    return this.all.doesExist(key)
  }

  getKeys(range: KeyRange = {}): Iterable<Uint8Array> {
    return this.all.getKeys(range)
  }

  getKeysCount(range: KeyRange = {}): number {
    return this.all.getKeysCount(range)
  }

  remove(key: Uint8Array): void {
    this.recorder.record.remove(this.number, key)
    void this.all.remove(key)
  }
}

/** Values as bytes. */
export class Bytes extends Book<Buffer> {
  getBinary(key: Uint8Array): Buffer | undefined {
    return this.all.getBinary(key)
  }

  getRange(range: KeyRange): Iterable<{ readonly key: Uint8Array; readonly value: Buffer }> {
    return this.all.getRange(range)
  }

  put(key: Uint8Array, value: Buffer): void {
    this.recorder.record.put(this.number, key, value)
    void this.all.put(key, value)
  }
}

/** Values as texts. */
export class Texts extends Book<string> {
  /** The same book, for those who have the bytes of a text. */
  readonly #bytes: Database<Buffer, Uint8Array>

  constructor(
    recorder: Recorder,
    number: number,
    all: Database<string, Uint8Array>,
    bytes: Database<Buffer, Uint8Array>,
  ) {
    super(recorder, number, all)
    this.#bytes = bytes
  }

  get(key: Uint8Array): string | undefined {
    return this.all.get(key)
  }

  getRange(range: KeyRange): Iterable<{ readonly key: Uint8Array; readonly value: string }> {
    return this.all.getRange(range)
  }

  put(key: Uint8Array, text: string): void {
    void this.#bytes.put(key, this.recorder.record.putText(this.number, key, text))
  }
}
