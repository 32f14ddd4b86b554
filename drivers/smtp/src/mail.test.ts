/** What a server says, sorted: what may go better later, and what will not. */
import { mailOnce, mailTable } from 'groundplan/driver'
import { memoryClock } from 'groundplan/memory/clock'
import { memoryStore } from 'groundplan/memory/store'
import { describe, expect, it } from 'vitest'
import { smtpMail } from './mail.ts'
import { against } from './test/engines.ts'
import { delivered, forget } from './test/maildir.ts'

function mailTo(id: string, ...to: readonly string[]) {
  return { id, mailbox: 'operations', from: 'shop@example.org', to, subject: 'Hello', text: 'Text' }
}

await against('exim', ({ endpoint, folder, user, password }) => {
  const { hostname: host, port } = new URL(endpoint)
  const server = { host, port: Number(port), domain: 'example.org' }

  describe('a mail server', () => {
    it('that knows no such mailbox is never asked again', async () => {
      const mail = smtpMail({ ...server, user, password })
      const refused = await mail.send(mailTo('m-1', 'unknown@example.org'))
      expect(refused).toMatchObject({ ok: false, retry: 'never', reason: expect.stringContaining('no such mailbox') })
      mail.close()
    })

    it('that is busy is asked again', async () => {
      const mail = smtpMail({ ...server, user, password })
      const refused = await mail.send(mailTo('m-1', 'busy@example.org'))
      expect(refused).toMatchObject({ ok: false, retry: 'again', reason: expect.stringContaining('try again later') })
      mail.close()
    })

    it('that refuses one of several is not asked again, since the others have the mail', async () => {
      await forget(folder)
      const mail = smtpMail({ ...server, user, password })
      const refused = await mail.send(mailTo('m-1', 'anna@example.org', 'unknown@example.org'))
      expect(refused).toMatchObject({
        ok: false,
        retry: 'never',
        reason: expect.stringContaining('unknown@example.org'),
      })
      expect(await delivered(folder)).toHaveLength(1)
      mail.close()
    })

    it('that takes no mail of this size is never asked again', async () => {
      const mail = smtpMail({ ...server, user, password })
      const large = { ...mailTo('m-1', 'anna@example.org'), text: 'x'.repeat(6_000_000) }
      expect(await mail.send(large)).toMatchObject({ ok: false, retry: 'never' })
      mail.close()
    })

    it('that does not know us is asked again, once somebody has seen to it', async () => {
      const mail = smtpMail({ ...server, user, password: 'wrong' })
      expect(await mail.send(mailTo('m-1', 'anna@example.org'))).toMatchObject({ ok: false, retry: 'again' })
      mail.close()
    })

    it('that offers no encryption is given nothing where encryption is asked for', async () => {
      await forget(folder)
      const mail = smtpMail({ ...server, user, password, encrypted: true })
      expect(await mail.send(mailTo('m-1', 'anna@example.org'))).toMatchObject({ ok: false, retry: 'again' })
      expect(await delivered(folder)).toEqual([])
      mail.close()
    })

    it('gets a header as one header, whatever stands in it', async () => {
      await forget(folder)
      const mail = smtpMail({ ...server, user, password })
      const sneaky = {
        ...mailTo('m\r\nBcc: eve@example.org', 'anna@example.org'),
        subject: 'Hi\r\nBcc: eve@example.org',
      }
      expect(await mail.send(sneaky)).toEqual({ ok: true })
      const [arrived] = await delivered(folder)
      expect(arrived?.to).toEqual(['anna@example.org'])
      expect(arrived?.subject).toContain('Bcc: eve@example.org')
      mail.close()
    })
  })
})

describe('a mail server that is not there', () => {
  it('is asked again', async () => {
    const mail = smtpMail({ host: '127.0.0.1', port: 9, domain: 'example.org' })
    expect(await mail.send(mailTo('m-1', 'anna@example.org'))).toMatchObject({ ok: false, retry: 'again' })
    mail.close()
  })
})

describe('a memory for mail', () => {
  it('tells who finds a mail being handed over elsewhere to ask again, and forgets a claim after minutes', async () => {
    const clock = memoryClock(0)
    const store = memoryStore({ clock, tables: [mailTable] })
    const sent: string[] = []
    const stuck = mailOnce({ send: () => new Promise(() => {}) }, store, clock)
    const works = mailOnce({ send: async ({ id }) => ({ ok: sent.push(id) > 0 }) as { ok: true } }, store, clock)
    void stuck.send(mailTo('m-1', 'anna@example.org'))
    expect(await works.send(mailTo('m-1', 'anna@example.org'))).toMatchObject({ ok: false, retry: 'again' })
    await clock.advance(5 * 60_000)
    expect(await works.send(mailTo('m-1', 'anna@example.org'))).toEqual({ ok: true })
    expect(sent).toEqual(['m-1'])
  })

  it('lets a mail that was refused be handed over again', async () => {
    const clock = memoryClock(0)
    const store = memoryStore({ clock, tables: [mailTable] })
    const answers = [{ ok: false, retry: 'again', reason: 'busy' } as const, { ok: true } as const]
    const mail = mailOnce({ send: async () => answers.shift() ?? { ok: true } }, store, clock)
    expect(await mail.send(mailTo('m-1', 'anna@example.org'))).toMatchObject({ ok: false })
    expect(await mail.send(mailTo('m-1', 'anna@example.org'))).toEqual({ ok: true })
  })
})
