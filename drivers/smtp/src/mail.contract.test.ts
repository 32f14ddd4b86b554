import { mailOnce, mailTable } from 'groundplan/driver'
import { memoryStore } from 'groundplan/memory/store'
import { mailPromises } from 'groundplan/suite/mail'
import { provePromises } from 'groundplan/suite/promises'
import { smtpMail } from './mail.ts'
import { standingTime } from './test/clock.ts'
import { against, type Engine } from './test/engines.ts'
import { delivered, forget } from './test/maildir.ts'

function carrierOn({ endpoint, user, password }: Engine) {
  const { hostname, port } = new URL(endpoint)
  return smtpMail({ host: hostname, port: Number(port), user, password, domain: 'example.org' })
}

await against('exim', engine =>
  provePromises(
    'mail',
    'SMTP (Exim)',
    mailPromises,
    async () => {
      await forget(engine.folder)
      const time = standingTime()
      const carrier = carrierOn(engine)
      const store = memoryStore({ clock: time.clock, tables: [mailTable] })
      return {
        time,
        mail: mailOnce(carrier, store, time.clock),
        arrived: () => delivered(engine.folder),
        close: async () => carrier.close(),
      }
    },
    {
      'shows what it handed over, the newest first, as many as asked for': {
        reason: 'what was handed over is with the server',
      },
    },
  ),
)
