/**
 * Mail by SES. What it says is sorted into `again` and `never`. SES remembers nothing, so the carrier is to be used with a
 * memory: `mailOnce` of `groundplan/driver`. SES gives each mail a Message-ID of its own; ours stands in `X-Groundplan-Id`.
 */
import { createHash } from 'node:crypto'
import type { HandedOver, Mail, MailCarrier } from 'groundplan/driver'
import { type AwsOptions, awsErrorOf } from './client.ts'
import { sesTransport } from './ses.ts'

export interface SesMail extends MailCarrier {
  close(): void
}

/** Its client is made when the first mail goes. */
export function sesMail(options: AwsOptions): SesMail {
  let made: ReturnType<typeof sesTransport> | undefined
  return {
    async send(mail) {
      options.spent?.({ service: 'ses', operation: 'SendEmail', resource: mail.mailbox, units: mail.to.length })
      made ??= sesTransport(options)
      try {
        await made.transport.sendMail(messageOf(mail))
        return { ok: true }
      } catch (error) {
        return refusal(error)
      }
    },
    close: () => made?.close(),
  }
}

function messageOf({ id, mailbox, from, to, subject, text, html, replyTo }: Mail) {
  const name = /^[\w-]+(\.[\w-]+)*$/.test(id) && id.length <= 200 ? id : createHash('sha256').update(id).digest('hex')
  return {
    ...{ from, to: [...to], subject, text },
    headers: { 'X-Mailbox': mailbox, 'X-Groundplan-Id': name },
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(html === undefined ? {} : { html }),
    ...(replyTo === undefined ? {} : { replyTo }),
  }
}

/** SES says no to this mail, and will say so again. */
const final = new Set(['MessageRejected', 'BadRequestException', 'MailFromDomainNotVerifiedException'])

function refusal(error: unknown): HandedOver {
  const { name, message } = awsErrorOf(error)
  return { ok: false, retry: final.has(name) ? 'never' : 'again', reason: `${name}: ${message}` }
}
