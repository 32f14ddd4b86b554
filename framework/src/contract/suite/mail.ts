/** The promises of a mail carrier: what it is handed goes out whole, and once for each id. */
import { expect } from 'vitest'
import type { Mail, MailCarrier } from '../mail.ts'
import type { Promised, Promises, Subject } from './promises.ts'

export interface MailSubject extends Subject {
  readonly mail: MailCarrier
  /** What has gone out, in any order: from the carrier's own outbox, or from where its mail arrives. */
  arrived(): Promise<readonly Mail[]>
}

/** A carrier needs nothing declared. */
function promise(keep: (subject: MailSubject) => Promise<void>): Promised<MailSubject, undefined> {
  return { needs: undefined, keep }
}

const handedOver = { ok: true }

function mailOf(id: string, more: Partial<Mail> = {}): Mail {
  const addresses = { from: 'shop@example.org', to: ['anna@example.org'] }
  return { id, mailbox: 'operations', ...addresses, subject: `Subject of ${id}`, text: `Text of ${id}`, ...more }
}

async function idsArrived({ arrived }: MailSubject): Promise<readonly string[]> {
  return (await arrived()).map(({ id }) => id)
}

const carrying: Promises<MailSubject, undefined> = {
  'hands a mail over with all that it says': promise(async ({ mail, arrived }) => {
    const full = mailOf('m-1', {
      from: 'The Shop <shop@example.org>',
      to: ['anna@example.org', 'Bert Müller <bert@example.org>'],
      html: '<p>Text of <b>m-1</b></p>',
      replyTo: 'answers@example.org',
    })
    const plain = mailOf('m-2')
    expect(await mail.send(full)).toEqual(handedOver)
    expect(await mail.send(plain)).toEqual(handedOver)
    const found = await arrived()
    expect(found).toHaveLength(2)
    expect(found.find(({ id }) => id === 'm-1')).toMatchObject(full)
    const without = found.find(({ id }) => id === 'm-2')
    expect(without).toMatchObject(plain)
    expect(without).not.toHaveProperty('html')
    expect(without).not.toHaveProperty('replyTo')
  }),

  'hands over subjects and texts in any letters and of any length': promise(async ({ mail, arrived }) => {
    const subject = 'Größe, 日本語, 👩‍👩‍👧, =?utf-8?q?not_a_code?= and more than one line of a header can hold at once'
    const text = `.\n..\nFrom here\n\n${'a very long line '.repeat(200)}\nÜ=3D 👍\n`
    await mail.send(mailOf('m-1', { subject, text, html: '<p title="ü">\n.\n</p>' }))
    expect(await arrived()).toMatchObject([{ subject, text, html: '<p title="ü">\n.\n</p>' }])
  }),

  'hands the same mail over once, however often and whenever it is asked to': promise(async subject => {
    const { mail, time } = subject
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await mail.send(mailOf('m-1'))).toEqual(handedOver)
      await time.advance(86_400_000)
    }
    expect(await idsArrived(subject)).toEqual(['m-1'])
  }),

  'takes the same words under two ids as two mails': promise(async subject => {
    await subject.mail.send(mailOf('m-1', { subject: 'Hello', text: 'the same' }))
    await subject.mail.send(mailOf('m-2', { subject: 'Hello', text: 'the same' }))
    expect((await idsArrived(subject)).slice().sort()).toEqual(['m-1', 'm-2'])
  }),

  'hands over many mails at the same moment, each once': promise(async subject => {
    const ids = Array.from({ length: 20 }, (_, index) => `m-${index}`)
    const sent = [...ids, ...ids].map(id => subject.mail.send(mailOf(id)))
    for (const outcome of await Promise.all(sent)) expect(outcome).toEqual(handedOver)
    const arrived = await idsArrived(subject)
    expect(arrived).toHaveLength(20)
    expect(new Set(arrived)).toEqual(new Set(ids))
  }),
}

const outbox: Promises<MailSubject, undefined> = {
  'shows what it handed over, the newest first, as many as asked for': promise(async ({ mail, time }) => {
    if (!mail.sent) throw new Error('this carrier keeps no outbox')
    expect(await mail.sent(10)).toEqual([])
    const nowMs = time.clock.now()
    for (const id of ['m-1', 'm-2', 'm-1', 'm-3']) {
      await mail.send(mailOf(id))
      await time.advance(1_000)
    }
    const sent = await mail.sent(10)
    expect(sent).toEqual([
      { ...mailOf('m-3'), sentAtMs: nowMs + 3_000 },
      { ...mailOf('m-2'), sentAtMs: nowMs + 1_000 },
      { ...mailOf('m-1'), sentAtMs: nowMs },
    ])
    expect(await mail.sent(2)).toEqual(sent.slice(0, 2))
    expect(await mail.sent(0)).toEqual([])
  }),
}

/** All promises of mail carriers. */
export const mailPromises: Promises<MailSubject, undefined> = { ...carrying, ...outbox }
