/** Runs what is bundled, to find out something of it: in a thread of its own, in which nothing of this process is. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

/** Nothing is asked of any of them. */
const env = {
  AWS_REGION: 'us-east-1',
  GROUNDPLAN_AWS_PREFIX: 'bundle',
  GROUNDPLAN_AWS_DATABASE_URL: 'postgres://nobody@localhost/none',
  GROUNDPLAN_AWS_DATABASE_LOGIN: 'none',
}

/**
 * Gives what `script` says: it has `folder`, where the files are, `told`, by which it says something, and `failed`. Rejects
 * with the text of what failed.
 */
export async function saidBy<T>(script: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'groundplan-bundle-'))
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
    return await answerOf<T>(`${opening}\n${script}`, folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const opening = `
const { parentPort, workerData: { folder } } = require('node:worker_threads')
const told = said => parentPort.postMessage({ said })
const failed = error => parentPort.postMessage({ failed: String(error?.stack ?? error) })
`

interface Answer<T> {
  readonly said: T
  readonly failed?: string
}

function answerOf<T>(script: string, folder: string): Promise<T> {
  const worker = new Worker(script, { eval: true, workerData: { folder }, env })
  return new Promise<T>((resolve, reject) => {
    worker.once('error', error => reject(error.stack ?? error.message))
    worker.once('message', ({ said, failed }: Answer<T>) => (failed === undefined ? resolve(said) : reject(failed)))
  }).finally(() => worker.terminate())
}
