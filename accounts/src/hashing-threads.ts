/**
 * Threads that make keys of passwords: our own, not Node's. What they do takes long, is wanted by whoever likes to, and
 * hurries nobody; so the rest of the process goes first where cores are scarce. On Linux each thread has a priority of
 * its own, and these have a lower one: a third of the share of others where all cores are wanted. Elsewhere they are
 * threads like any other. Node's own, which write to disks and look up names for everybody, are left to that.
 *
 * A thread begins when it is needed, keeps no process alive, and is let go of after a minute without work.
 */
import type { ScryptOptions } from 'node:crypto'
import { Worker } from 'node:worker_threads'

export interface Derivation {
  readonly password: string
  readonly salt: Uint8Array
  readonly bytes: number
  readonly options: ScryptOptions
}

type Said = { readonly key: Uint8Array } | { readonly failed: string } | 'idle'

/** A text, so that no bundle forgets it. Process 0 is whoever asks: on Linux, this thread alone. */
const program = `
const { scryptSync } = require('node:crypto')
const { getPriority, setPriority } = require('node:os')
const { parentPort, workerData: { idleMs } } = require('node:worker_threads')
if (process.platform === 'linux') {
  try {
    setPriority(0, Math.min(getPriority(0) + 5, 19))
  } catch {}
}
let idle
parentPort.on('message', ({ password, salt, bytes, options }) => {
  clearTimeout(idle)
  try {
    parentPort.postMessage({ key: scryptSync(password, salt, bytes, options) })
  } catch (error) {
    parentPort.postMessage({ failed: String(error) })
  }
  idle = setTimeout(() => parentPort.postMessage('idle'), idleMs)
})`

export class HashingThreads {
  readonly #most: number
  readonly #idleMs: number
  readonly #free: Thread[] = []
  readonly #waiting: ((thread: Thread) => void)[] = []
  #count = 0

  /** @param most threads at once; what comes above it waits */
  constructor(most: number, idleMs = 60_000) {
    this.#most = most
    this.#idleMs = idleMs
  }

  /** How many there are. */
  get count(): number {
    return this.#count
  }

  async derive(wanted: Derivation): Promise<Buffer> {
    const thread = await this.#next()
    try {
      return await thread.derive(wanted)
    } finally {
      this.#done(thread)
    }
  }

  #next(): Thread | Promise<Thread> {
    const free = this.#free.pop()
    if (free) return free
    if (this.#count < this.#most) return this.#made()
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #made(): Thread {
    this.#count += 1
    return new Thread(this.#idleMs, thread => {
      this.#count -= 1
      const at = this.#free.indexOf(thread)
      if (at >= 0) this.#free.splice(at, 1)
    })
  }

  #done(thread: Thread): void {
    const next = this.#waiting.shift()
    if (next) next(thread.ended ? this.#made() : thread)
    else if (!thread.ended) this.#free.push(thread)
  }
}

class Thread {
  readonly #worker: Worker
  #heard: ((said: Said) => void) | undefined
  ended = false

  /** `ends` is called once. */
  constructor(idleMs: number, ends: (thread: Thread) => void) {
    // What the process was started with, options and environment, is not for it.
    const worker = new Worker(program, { eval: true, workerData: { idleMs }, execArgv: [], env: {} })
    this.#worker = worker
    const end = (failed: string): void => {
      if (this.ended) return
      this.ended = true
      ends(this)
      this.#heard?.({ failed })
    }
    worker.on('message', (said: Said) => {
      if (said !== 'idle') this.#heard?.(said)
      else if (!this.#heard) {
        end('')
        void worker.terminate()
      }
    })
    worker.on('error', error => end(String(error)))
    worker.on('exit', () => end('the thread has ended'))
    worker.unref()
  }

  /** The process lives as long as this takes. */
  derive(wanted: Derivation): Promise<Buffer> {
    this.#worker.ref()
    this.#worker.postMessage(wanted)
    return new Promise((resolve, reject) => {
      this.#heard = said => {
        this.#heard = undefined
        this.#worker.unref()
        if (typeof said === 'object' && 'key' in said) resolve(Buffer.from(said.key))
        else reject(new Error(`a password was not hashed: ${typeof said === 'object' ? said.failed : said}`))
      }
    })
  }
}
