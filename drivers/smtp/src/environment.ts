/** What `config.ts` names, once it is asked for. Faults: `plan-invalid` where the environment has no tables for its memory. */
import { fault, mailOnce, type Opened, type Opening, type PlanShape } from 'groundplan/driver'
import type { SmtpEngineOptions } from './config.ts'
import { smtpMail } from './mail.ts'

export async function opened(
  { host, port = 587, user, password, domain }: SmtpEngineOptions,
  { plan }: PlanShape,
  { clock, text, others: { store } }: Opening,
): Promise<Opened> {
  if (!store)
    throw fault('plan-invalid', `name the engine with the tables of "${plan}" before smtp: it remembers there`)
  const carrier = smtpMail({
    ...{ host: text(host), port, domain },
    ...(user === undefined ? {} : { user: text(user) }),
    ...(password === undefined ? {} : { password: text(password) }),
  })
  return { mail: mailOnce(carrier, store, clock), close: async () => carrier.close() }
}
