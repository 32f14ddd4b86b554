/**
 * `@groundplan/smtp/config`: a mail server as an engine of an environment. It is a value: what it needs is loaded when it is
 * opened. What went out is remembered in the tables of the environment.
 */
import { type Engine, type FromEnv, variablesIn } from 'groundplan/driver'

export interface SmtpEngineOptions {
  readonly host: string | FromEnv
  /** Default 587. */
  readonly port?: number
  readonly user?: string | FromEnv
  readonly password?: string | FromEnv
  /** What Message-IDs end with. */
  readonly domain: string
}

/**
 * Mail by a mail server.
 * @example smtp({ host: 'mail.example.org', user: 'shop', password: fromEnv('MAIL_PASSWORD'), domain: 'example.org' })
 */
export function smtp(options: SmtpEngineOptions): Engine {
  const { host, user, password } = options
  return {
    kind: 'engine',
    name: 'smtp',
    keeps: ['mail'],
    capabilities: smtpCapabilities,
    variables: variablesIn([host, user, password]),
    async open(shape, opening) {
      const { opened } = await import('./environment.ts')
      return opened(options, shape, opening)
    },
  }
}

/** Of mail; it keeps nothing else. */
const smtpCapabilities: Engine['capabilities'] = {
  engine: 'smtp',
  clock: 'ours',
  survives: 'power loss',
  indexLagMs: 0,
  liveChanges: false,
  databases: false,
  buckets: false,
}
