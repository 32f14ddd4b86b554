/**
 * A process that works on a bucket until it is killed: one step after the other on each key, all keys at once. Says
 * `KEY STEP` when a step was acknowledged.
 */
import { writeSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { contentAt, isRemoval, keys, openBuckets } from './bucket-steps.ts'

process.stdin.resume().once('end', () => process.exit(1))
const [folder = '', ...begun] = process.argv.slice(2)
const { buckets } = await openBuckets(folder, systemClock())

async function* inPieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += 50_000) yield content.subarray(at, at + 50_000)
}

async function work(key: string, begin: number): Promise<void> {
  for (let step = begin; ; step++) {
    if (isRemoval(step)) await buckets.remove('files', key)
    else if (step % 5 === 0) await upload(key, contentAt(key, step))
    else await buckets.put('files', key, step % 2 ? contentAt(key, step) : inPieces(contentAt(key, step)))
    writeSync(1, `${key} ${step}\n`)
  }
}

async function upload(key: string, content: Uint8Array): Promise<void> {
  const abandoned = await buckets.startUpload('files', key)
  await buckets.putPart('files', abandoned, 1, new Uint8Array(100))
  const id = await buckets.startUpload('files', key)
  await buckets.putPart('files', id, 1, new Uint8Array(100))
  await buckets.putPart('files', id, 2, new Uint8Array(100))
  const part = await buckets.putPart('files', id, 2, inPieces(content))
  await buckets.finishUpload('files', id, [part])
  await buckets.dropUpload('files', abandoned)
}

writeSync(1, 'ready\n')
await Promise.all(keys.map((key, at) => work(key, Number(begun[at]))))
