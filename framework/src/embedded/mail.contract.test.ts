import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mailPromises } from '../contract/suite/mail.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { memoryClock } from '../memory/clock.ts'
import { openEnvironment } from './environment.ts'
import { embeddedMail } from './mail.ts'

provePromises('mail', 'embedded', mailPromises, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'groundplan-mail-'))
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const environment = openEnvironment(folder, { plan: 'test' })
  const mail = await embeddedMail(environment, { clock })
  return {
    time: { clock, advance: ms => clock.advance(ms) },
    mail,
    arrived: () => mail.sent(1_000),
    async close() {
      await environment.close()
      await rm(folder, { recursive: true })
    },
  }
})
