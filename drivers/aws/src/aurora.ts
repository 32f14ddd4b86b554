/**
 * `@groundplan/aws/database`: the login of an Aurora cluster, which Amazon keeps in a secret and changes when it is due.
 * Its password is read for each new connection: one that was read before may be the old one.
 */
import { type Clock, fault } from 'groundplan/driver'
import { type AwsOptions, persistently, unavailable } from './client.ts'
import { type SecretsOperations, secretsManager } from './secrets-manager.ts'
import { SignedCalls } from './signed-calls.ts'

export interface LoginOptions extends AwsOptions {
  /** The ARN, or name, of the secret. */
  readonly login: string
}

/** Gives the password of now. Faults: `engine-unavailable`. */
export function passwordIn({ login, ...options }: LoginOptions): () => Promise<string> {
  const calls = new SignedCalls<SecretsOperations>(secretsManager, options)
  const asks = () => calls.call('GetSecretValue', { SecretId: login })
  return async () => {
    const { SecretString = '' } = await persistently(options.clock, 'the login of the database', asks).catch(error => {
      throw unavailable('the login of the database', error)
    })
    return passwordOf(SecretString)
  }
}

function passwordOf(json: string): string {
  try {
    const { password }: { password?: unknown } = JSON.parse(json)
    if (typeof password === 'string') return password
  } catch {}
  throw fault('engine-unavailable', 'the secret with the login of the database has no password')
}

type Environment = Readonly<Record<string, string | undefined>>

/** The databases of what runs here, as its template says. Faults: `setting-missing`. */
export function auroraHere(
  clock: Clock,
  environment: Environment = process.env,
  more: Pick<AwsOptions, 'endpoint' | 'credentials'> = {},
): { readonly url: string; readonly password: () => Promise<string> } {
  const { AWS_REGION: region, GROUNDPLAN_AWS_DATABASE_URL: url, GROUNDPLAN_AWS_DATABASE_LOGIN: login } = environment
  if (region === undefined || url === undefined || login === undefined) {
    const needed = 'AWS_REGION, GROUNDPLAN_AWS_DATABASE_URL and GROUNDPLAN_AWS_DATABASE_LOGIN'
    throw fault('setting-missing', `a service with a database needs ${needed} in its environment`)
  }
  return { url, password: passwordIn({ clock, region, login, ...more }) }
}
