/**
 * A mail carrier that delivers nothing: mail lands in an outbox on disk, where people and tests look at it. Each mail is
 * also a file, `mail/<time>-<number>.eml`, that any mail program opens.
 *
 * LMDB has the mails and the ids that were handed over; the files follow from it, and are written and removed after it.
 * What a kill left out is made up for at the next start.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../contract/clock.ts'
import type { Mail, MailCarrier, SentMail } from '../contract/mail.ts'
import { onDisk } from './disk.ts'
import { emlOf } from './eml.ts'
import type { Environment } from './environment.ts'
import type { Bytes } from './kept.ts'
import { countedIn, countedKey, endOf } from './key-bytes.ts'
import { openUntilClosed } from './still-open.ts'

export interface EmbeddedMailOptions {
  readonly clock: Clock
  /** How long a mail is kept, and its id known. Default 90 days. */
  readonly keepMs?: number
  /** How many mails are kept at most: the newest. Default 10,000. */
  readonly keepMails?: number
}

export type EmbeddedMail = MailCarrier & Required<Pick<MailCarrier, 'sent'>>

const day = 24 * 3_600_000
const defaults = { keepMs: 90 * day, keepMails: 10_000 }
/** Mails and ids removed with one that is sent: more than come, so the outbox gets to its bounds. */
const mostRemoved = 10

/** Opens the outbox of an environment, once. */
export async function embeddedMail(environment: Environment, options: EmbeddedMailOptions): Promise<EmbeddedMail> {
  const outbox = new Outbox(environment, { ...defaults, ...options })
  await outbox.repairFiles()
  return {
    async send(mail) {
      await outbox.add(mail)
      return { ok: true }
    },
    sent: async limit => outbox.newest(limit),
  }
}

/** A mail and its number in the outbox. */
interface Numbered {
  readonly number: number
  readonly mail: SentMail
}

/** Entries: `m` number: the mail. `i` digest of an id: nothing. `a` instant, number: that digest. */
const prefixes = { mail: Buffer.from('m'), id: Buffer.from('i'), age: Buffer.from('a') }

class Outbox {
  readonly #environment: Environment
  readonly #entries: Bytes
  readonly #options: Required<EmbeddedMailOptions>
  readonly #folder: string
  readonly #checkOpen: () => void

  constructor(environment: Environment, options: Required<EmbeddedMailOptions>) {
    this.#environment = environment
    this.#entries = environment.mails
    this.#options = options
    this.#folder = join(environment.folder, 'mail')
    this.#checkOpen = openUntilClosed(environment)
  }

  /** Adds a mail whose id is new. */
  async add(mail: Mail): Promise<void> {
    const id = createHash('sha256').update(mail.id).digest()
    const known = Buffer.concat([prefixes.id, id])
    const added = await this.#environment.transactions.write(() => {
      if (this.#entries.doesExist(known)) return () => undefined
      const number = (this.#numbers({ reverse: true, limit: 1 })[0] ?? 0) + 1
      const sent: SentMail = { ...mail, to: [...mail.to], sentAtMs: this.#options.clock.now() }
      return () => {
        this.#entries.put(known, Buffer.alloc(0))
        this.#entries.put(countedKey(prefixes.age, sent.sentAtMs, number), id)
        this.#entries.put(countedKey(prefixes.mail, number), Buffer.from(JSON.stringify(sent)))
        return { number, mail: sent, removed: this.#removeOld(number) }
      }
    })
    if (!added) return
    await this.#writeFile(added)
    for (const { number, mail } of added.removed) await this.#removeFile(fileOf(number, mail.sentAtMs))
  }

  newest(limit: number): readonly SentMail[] {
    this.#checkOpen()
    if (!(limit >= 1)) return []
    const oldest = this.#options.clock.now() - this.#options.keepMs
    const numbers = this.#numbers({ reverse: true, limit: Math.min(Math.floor(limit), this.#options.keepMails) })
    return numbers.flatMap(number => this.#mail(number) ?? []).filter(({ sentAtMs }) => sentAtMs > oldest)
  }

  /** Writes files that are missing, and removes those of mails that are gone. */
  async repairFiles(): Promise<void> {
    await onDisk(() => mkdir(this.#folder, { recursive: true }))
    const there = new Set(await onDisk(() => readdir(this.#folder)))
    for (const { number, sentAtMs } of this.#sent()) {
      const mail = there.delete(fileOf(number, sentAtMs)) ? undefined : this.#mail(number)
      if (mail) await this.#writeFile({ number, mail })
    }
    for (const name of there) if (isFile(name)) await this.#removeFile(name)
  }

  /** The numbers of the mails. */
  #numbers(range: { readonly reverse?: boolean; readonly limit?: number }): readonly number[] {
    const [start, end] = [prefixes.mail, endOf(prefixes.mail)]
    const ends = range.reverse ? { start: end, end: start } : { start, end }
    return [...this.#entries.getKeys({ ...range, ...ends })].map(key => countedIn(Buffer.from(key), start.length))
  }

  /** The mails that are kept, by the instants alone: reading them all would take its time at each start. */
  #sent(): readonly { readonly number: number; readonly sentAtMs: number }[] {
    const [oldest = 0] = this.#numbers({ limit: 1 })
    const { length } = prefixes.age
    return [...this.#entries.getKeys({ start: prefixes.age, end: endOf(prefixes.age) })]
      .map(key => Buffer.from(key))
      .map(key => ({ number: countedIn(key, length, 1), sentAtMs: countedIn(key, length, 0) }))
      .filter(({ number }) => number >= oldest)
  }

  #mail(number: number): SentMail | undefined {
    const kept = this.#entries.getBinary(countedKey(prefixes.mail, number))
    // Written above.
    return kept && (JSON.parse(kept.toString()) as SentMail)
  }

  /** Within a transaction. Gives the mails that were removed; ids are known for as long as mails may be kept. */
  #removeOld(newest: number): readonly Numbered[] {
    const { clock, keepMs, keepMails } = this.#options
    const oldestMs = clock.now() - keepMs
    const tooOld = { start: prefixes.age, end: countedKey(prefixes.age, Math.max(0, oldestMs + 1)), limit: mostRemoved }
    for (const { key, value } of [...this.#entries.getRange(tooOld)]) {
      this.#entries.remove(Buffer.from(key))
      this.#entries.remove(Buffer.concat([prefixes.id, value]))
    }
    const removed: Numbered[] = []
    for (const number of this.#numbers({ limit: mostRemoved })) {
      const mail = this.#mail(number)
      if (!mail || (mail.sentAtMs > oldestMs && number > newest - keepMails)) break
      this.#entries.remove(countedKey(prefixes.mail, number))
      removed.push({ number, mail })
    }
    return removed
  }

  /** Whole or not at all. A disk that refuses it now gets it at the next start: the mail itself is kept. */
  async #writeFile({ number, mail }: Numbered): Promise<void> {
    const path = join(this.#folder, fileOf(number, mail.sentAtMs))
    const written = `${path}.new`
    await writeFile(written, emlOf(mail))
      .then(() => rename(written, path))
      .catch(() => rm(written, { force: true }).catch(() => {}))
  }

  async #removeFile(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true }).catch(() => {})
  }
}

/** `2026-11-21T10-00-00.000Z-7.eml`: a name every system takes, in the order of time. */
function fileOf(number: number, sentAtMs: number): string {
  return `${new Date(sentAtMs).toISOString().replaceAll(':', '-')}-${number}.eml`
}

/** Whether a name is one of ours; other files in the folder are left alone. */
function isFile(name: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-\d+\.eml(\.new)?$/.test(name)
}
