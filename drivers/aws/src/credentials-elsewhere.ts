/** Credentials that are not in the environment: of a role, a profile, somebody who signed in. */
import type { AwsCredentialIdentity } from '@smithy/types'

export async function elsewhere(): Promise<() => Promise<AwsCredentialIdentity>> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
  return defaultProvider()
}
