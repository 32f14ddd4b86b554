import { CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2'
import { type Mail, mailOnce, mailTable } from 'groundplan/driver'
import { memoryStore } from 'groundplan/memory/store'
import { mailPromises } from 'groundplan/suite/mail'
import { provePromises } from 'groundplan/suite/promises'
import { sesMail } from './mail.ts'
import { standingTime } from './test/clock.ts'
import { against, credentials, type Engine } from './test/engines.ts'
import { sentMail } from './test/sent-mail.ts'

async function carrier({ endpoint }: Engine) {
  const time = standingTime()
  const options = { region: 'eu-central-1', endpoint, credentials }
  const client = new SESv2Client(options)
  // It may be there already.
  await client.send(new CreateEmailIdentityCommand({ EmailIdentity: 'example.org' })).catch(() => {})
  client.destroy()
  const before = (await sentMail(endpoint)).length
  const mail = sesMail({ ...options, clock: time.clock })
  const store = memoryStore({ clock: time.clock, tables: [mailTable] })
  return {
    time,
    mail: mailOnce(mail, store, time.clock),
    arrived: async (): Promise<readonly Mail[]> => (await sentMail(endpoint)).slice(before),
    close: async () => mail.close(),
  }
}

await against('ses', engine =>
  provePromises('mail', 'SES (moto)', mailPromises, () => carrier(engine), {
    'shows what it handed over, the newest first, as many as asked for': { reason: 'what was handed over is with SES' },
  }),
)
