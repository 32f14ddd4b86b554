/** A mail carrier that keeps what it is handed: an outbox to look into, from which nothing is ever delivered. */
import type { Clock } from '../contract/clock.ts'
import type { MailCarrier, SentMail } from '../contract/mail.ts'

export type MemoryMail = MailCarrier & Required<Pick<MailCarrier, 'sent'>>

/** An empty outbox. */
export function memoryMail(options: { readonly clock: Clock }): MemoryMail {
  const { clock } = options
  const kept = new Map<string, SentMail>()
  return {
    async send(mail) {
      if (!kept.has(mail.id)) kept.set(mail.id, { ...mail, to: [...mail.to], sentAtMs: clock.now() })
      return { ok: true }
    },
    sent: async limit => [...kept.values()].slice(-Math.max(1, limit)).reverse().slice(0, limit),
  }
}
