/**
 * Removes objects that have expired, and uploads that have ended by themselves: some hundreds in a transaction, so that nobody waits behind it, and the rest right
 * after. It wakes when the first of them is due; nobody depends on when, since every look compares the age itself.
 */
import type { BucketShape } from '../contract/bucket.ts'
import type { Cancel, Clock } from '../contract/clock.ts'
import { hasExpired } from '../contract/objects.ts'
import type { ObjectIndex } from './bucket-index.ts'
import type { GroupCommit } from './group-commit.ts'
import type { ObjectFiles } from './object-files.ts'

/** Objects in one transaction. */
const mostAtOnce = 500
/** Those that expire soon after each other go together. */
const pauseMs = 1_000
/** After a failure: the disk may be full. */
const retryMs = 60_000

export class BucketSweep {
  readonly #transactions: GroupCommit
  readonly #clock: Clock
  readonly #index: ObjectIndex
  readonly #files: ObjectFiles
  readonly #shapes: readonly BucketShape[]
  #cancel: Cancel | undefined
  /** When it wakes. */
  #atMs = Number.POSITIVE_INFINITY
  #running = false
  #stopped = false

  constructor(
    transactions: GroupCommit,
    clock: Clock,
    { index, files }: { readonly index: ObjectIndex; readonly files: ObjectFiles },
    shapes: readonly BucketShape[],
  ) {
    this.#transactions = transactions
    this.#clock = clock
    this.#index = index
    this.#files = files
    this.#shapes = shapes.filter(({ expireAfterMs }) => expireAfterMs !== undefined)
    this.#wait(clock.now())
  }

  /** An object was stored. */
  expect({ expireAfterMs }: BucketShape, storedAtMs: number): void {
    if (expireAfterMs !== undefined) this.#wakeAt(storedAtMs + expireAfterMs)
  }

  /** An upload was begun. */
  expectEnd(untilMs: number | undefined): void {
    if (untilMs !== undefined) this.#wakeAt(untilMs)
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  /** Until the oldest object expires or the first upload ends, but not before `earliestMs`. */
  #wait(earliestMs: number): void {
    const due = this.#shapes.flatMap(({ name, expireAfterMs = 0 }) => {
      const oldest = this.#index.oldestAtMs(name)
      return oldest === undefined ? [] : [oldest + expireAfterMs]
    })
    const firstMs = Math.min(...due, this.#index.nextUploadEndMs() ?? Number.POSITIVE_INFINITY)
    if (firstMs < Number.POSITIVE_INFINITY) this.#wakeAt(Math.max(earliestMs, firstMs))
  }

  #wakeAt(atMs: number): void {
    if (this.#stopped || this.#running || atMs >= this.#atMs) return
    this.#cancel?.()
    this.#atMs = atMs
    this.#cancel = this.#clock.at(atMs, () => {
      this.#atMs = Number.POSITIVE_INFINITY
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    const waitMs = await this.#removeSome().then(
      removed => (removed === mostAtOnce ? 0 : pauseMs),
      () => retryMs,
    )
    this.#running = false
    if (!this.#stopped) this.#wait(this.#clock.now() + waitMs)
  }

  async #removeSome(): Promise<number> {
    const { files, count } = await this.#transactions.write(() => {
      const found = this.#expired()
      const ended = this.#index.endedUploads(this.#clock.now(), mostAtOnce)
      return () => ({
        count: Math.max(found.length, ended.length),
        files: [
          ...found.flatMap(({ bucket, key }) => this.#index.removeObject(bucket, key)),
          ...ended.flatMap(upload => this.#index.removeUpload(upload)),
        ],
      })
    })
    this.#files.remove(files)
    return count
  }

  /** Keys of objects that have expired, at most so many as go at once. */
  #expired(): readonly { readonly bucket: string; readonly key: string }[] {
    const nowMs = this.#clock.now()
    const found: { bucket: string; key: string }[] = []
    for (const shape of this.#shapes) {
      const { name: bucket, expireAfterMs = 0 } = shape
      const keys = this.#index.olderThan(bucket, nowMs - expireAfterMs, mostAtOnce - found.length)
      for (const key of keys) {
        const entry = this.#index.object(bucket, key)
        if (entry && hasExpired(shape, entry.storedAtMs, nowMs)) found.push({ bucket, key })
      }
      if (found.length === mostAtOnce) break
    }
    return found
  }
}
