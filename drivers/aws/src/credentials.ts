/**
 * Credentials of the process. A function of Lambda has them in its environment, as long as it lives: what looks elsewhere for
 * them is large, and loaded where they are not there alone.
 */
import type { AwsCredentialIdentity } from '@smithy/types'
import { elsewhere } from './credentials-elsewhere.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Renewed before they end. A profile that is asked for goes first, as with Amazon's own tools. */
export function ofProcess(environment: Environment = process.env): () => Promise<AwsCredentialIdentity> {
  const own = environment.AWS_PROFILE === undefined ? inEnvironment(environment) : undefined
  if (own) return async () => own
  let provider: Promise<() => Promise<AwsCredentialIdentity>> | undefined
  return async () => {
    provider ??= elsewhere()
    return (await provider)()
  }
}

function inEnvironment({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
}: Environment): AwsCredentialIdentity | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}
