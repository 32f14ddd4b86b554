import { mailPromises } from '../contract/suite/mail.ts'
import { provePromises } from '../contract/suite/promises.ts'
import { memoryClock } from './clock.ts'
import { memoryMail } from './mail.ts'

provePromises('mail', 'memory', mailPromises, async () => {
  const clock = memoryClock(Date.UTC(2030, 0, 1))
  const mail = memoryMail({ clock })
  return {
    time: { clock, advance: ms => clock.advance(ms) },
    mail,
    arrived: () => mail.sent(1_000),
    close: async () => {},
  }
})
