/**
 * Mail by SMTP, through a pool of connections. What a server says is sorted into `again` (it is busy, it does not answer,
 * it does not know us) and `never` (no such mailbox, too large); a server remembers nothing, so the carrier is to be used
 * with a memory: `mailOnce` of `groundplan/driver`.
 */
import { createHash } from 'node:crypto'
import type { HandedOver, Mail, MailCarrier } from 'groundplan/driver'
import { createTransport } from 'nodemailer'

export interface SmtpOptions {
  readonly host: string
  readonly port: number
  /** TLS from the first byte. Otherwise STARTTLS, where the server offers it. */
  readonly secure?: boolean
  /** Refuses to send unless the connection is encrypted. Default true, but for addresses of this machine. */
  readonly encrypted?: boolean
  readonly user?: string
  readonly password?: string
  /** What Message-IDs end with. */
  readonly domain: string
  /** Default 5. */
  readonly connections?: number
}

export interface SmtpMail extends MailCarrier {
  close(): void
}

const patienceMs = 30_000

/** @example const mail = smtpMail({ host: 'mail.example.org', port: 587, user, password, domain: 'example.org' }) */
export function smtpMail(options: SmtpOptions): SmtpMail {
  const transport = createTransport({
    ...{ host: options.host, port: options.port, secure: options.secure ?? false, pool: true },
    ...{ connectionTimeout: patienceMs, greetingTimeout: patienceMs, socketTimeout: patienceMs },
    maxConnections: options.connections ?? 5,
    requireTLS: options.encrypted ?? !isOwnMachine(options.host),
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(options.user === undefined ? {} : { auth: { user: options.user, pass: options.password ?? '' } }),
  })
  return {
    async send(mail) {
      try {
        const { rejected } = await transport.sendMail(messageOf(mail, options.domain))
        return rejected.length === 0 ? { ok: true } : partly(rejected)
      } catch (error) {
        return refusal(error)
      }
    },
    close: () => transport.close(),
  }
}

function messageOf({ id, mailbox, from, to, subject, text, html, replyTo }: Mail, domain: string) {
  return {
    ...{ from, to: [...to], subject, text, messageId: `<${messageId(id)}@${domain}>` },
    headers: { 'X-Mailbox': mailbox },
    ...(html === undefined ? {} : { html }),
    ...(replyTo === undefined ? {} : { replyTo }),
  }
}

/** The id where it is made of harmless characters, else its digest. */
function messageId(id: string): string {
  const harmless = /^[\w-]+(\.[\w-]+)*$/.test(id) && id.length <= 200
  return harmless ? id : createHash('sha256').update(id).digest('hex')
}

function isOwnMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)
}

/** Others have it already: sent again it would come twice. */
function partly(refused: readonly unknown[]): HandedOver {
  const names = refused.map(each =>
    typeof each === 'object' && each ? String(Reflect.get(each, 'address')) : String(each),
  )
  return { ok: false, retry: 'never', reason: `sent to the others, but the server refused ${names.join(', ')}` }
}

/** What no later attempt makes better: 5xx answers to this mail, and mails that are none. */
function refusal(error: unknown): HandedOver {
  if (!(error instanceof Error)) return { ok: false, retry: 'again', reason: String(error) }
  const answer: unknown = Reflect.get(error, 'responseCode')
  const code: unknown = Reflect.get(error, 'code')
  const ofMail = code === 'EENVELOPE' || code === 'EMESSAGE'
  const final = ofMail && (typeof answer === 'number' ? answer >= 500 : true)
  return { ok: false, retry: final ? 'never' : 'again', reason: error.message }
}
