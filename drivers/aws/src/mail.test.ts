/** What SES says, sorted. */
import { memoryClock } from 'groundplan/memory/clock'
import { describe, expect, it } from 'vitest'
import { sesMail } from './mail.ts'
import { against, credentials } from './test/engines.ts'

const region = 'eu-central-1'
const mail = { id: 'm-1', mailbox: 'operations', to: ['anna@example.org'], subject: 'Hello', text: 'Text' }

await against('ses', ({ endpoint }) => {
  describe('mail by SES', () => {
    it('from a sender that SES does not know is never tried again', async () => {
      const carrier = sesMail({ clock: memoryClock(0), region, endpoint, credentials })
      const refused = await carrier.send({ ...mail, from: 'shop@stranger.example' })
      expect(refused).toMatchObject({ ok: false, retry: 'never', reason: expect.stringContaining('MessageRejected') })
      carrier.close()
    })
  })
})

describe('mail by SES that does not answer', () => {
  it('is tried again', async () => {
    const carrier = sesMail({ clock: memoryClock(0), region, endpoint: 'http://127.0.0.1:9', credentials })
    expect(await carrier.send({ ...mail, from: 'shop@example.org' })).toMatchObject({ ok: false, retry: 'again' })
    carrier.close()
  })
})
