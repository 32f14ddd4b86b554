/**
 * Notices between processes: which queues have got messages, and that something watched was changed. Sent a moment after the commits, for all of that moment at
 * once, in a transaction of their own. A notice is a help, not a promise: one that is lost is made up for by polling.
 *
 * The connection that listens is not of the pool. When it is lost it is made anew after a pause, and whoever waits looks
 * once, since notices may have been missed.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { Cancel } from 'groundplan/driver'
import type pg from 'pg'
import type { Connections } from './connections.ts'

/** For so long notices are gathered. */
const gatherMs = 10
/** PostgreSQL takes 8,000 bytes; longer than this it is told that there is something somewhere. */
const mostLength = 2_000

export interface NoticesOptions {
  readonly connections: Connections
  readonly schema: string
  /** What others have told. */
  readonly heard: (what: readonly string[] | 'all') => void
}

export class Notices {
  readonly #options: NoticesOptions
  readonly #channel: string
  /** Stands before each notice of ours, which we need not hear. */
  readonly #self = randomUUID()
  readonly #gathered = new Set<string>()
  #timer: Cancel | undefined
  #listening: Promise<void> | undefined
  #client: pg.Client | undefined
  #sending: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(options: NoticesOptions) {
    this.#options = options
    this.#channel = `groundplan_${createHash('sha256').update(options.schema).digest('hex').slice(0, 32)}`
  }

  /** Tells other processes, soon. */
  tell(what: Iterable<string>): void {
    for (const one of what) this.#gathered.add(one)
    if (this.#closed || this.#timer || this.#gathered.size === 0) return
    const { clock } = this.#options.connections
    this.#timer = clock.at(clock.now() + gatherMs, () => this.#send())
  }

  /** Hears what others tell, from now until it is closed. */
  listen(): void {
    this.#listening ??= this.#listen()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.()
    await this.#client?.end().catch(() => {})
    await Promise.all([this.#sending, this.#listening])
  }

  async #listen(): Promise<void> {
    const { connections, heard } = this.#options
    for (let run = 0; !this.#closed; run++) {
      try {
        const client = await connections.apart()
        const lost = new Promise<void>(resolve => client.once('end', () => resolve()))
        this.#client = client
        client.on('notification', ({ payload = '' }) => this.#hear(payload))
        await client.query(`listen ${this.#channel}`)
        // What was sent before this connection listened was told to nobody.
        heard('all')
        run = 0
        if (!this.#closed) await lost
      } catch {
        // Tried again below: until then polling has to do.
      }
      await this.#client?.end().catch(() => {})
      if (!this.#closed) await connections.pause(run)
    }
  }

  #hear(notice: string): void {
    const [from, ...what] = notice.split('\n')
    if (from !== this.#self) this.#options.heard(what.length > 0 ? what : 'all')
  }

  #send(): void {
    this.#timer = undefined
    const notice = [this.#self, ...this.#gathered].join('\n')
    this.#gathered.clear()
    const { connections } = this.#options
    this.#sending = connections
      .once('select pg_notify($1, $2)', [this.#channel, notice.length < mostLength ? notice : this.#self])
      .catch(() => {})
  }
}
