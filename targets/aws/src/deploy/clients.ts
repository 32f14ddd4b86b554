/**
 * Amazon's clients, as deployments need them: made when one is asked, each once. Addresses and credentials are found by
 * Amazon's own rules (`AWS_PROFILE`, `AWS_ENDPOINT_URL`, a role); no line of ours reads them.
 */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { ECRClient } from '@aws-sdk/client-ecr'
import { Route53Client } from '@aws-sdk/client-route-53'
import { S3Client } from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import { fault, isFault } from 'groundplan/target'

export interface Clients {
  readonly region: string
  /** Whose credentials, where that was said. */
  readonly profile?: string
  readonly cloudFormation: CloudFormationClient
  readonly s3: S3Client
  readonly ecr: ECRClient
  readonly route53: Route53Client
  readonly sts: STSClient
}

/** A lost connection is tried again for about a minute. */
const maxAttempts = 8

/** @param profile of Amazon's own config file; default: as these rules find it */
export function clientsIn(region: string, profile?: string): Clients {
  const options = { region, maxAttempts, ...(profile === undefined ? {} : { profile }) }
  return {
    region,
    ...(profile === undefined ? {} : { profile }),
    cloudFormation: new CloudFormationClient(options),
    s3: new S3Client(options),
    ecr: new ECRClient(options),
    route53: new Route53Client(options),
    sts: new STSClient(options),
  }
}

/**
 * Calls Amazon; what goes wrong is said with what to do. Faults: `engine-unavailable`.
 * @param doing what it is for, in words: `asking CloudFormation for …`
 * @param profile whose session may be over
 */
export async function calling<T>(doing: string, call: () => Promise<T>, profile?: string): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (isFault(error) || !(error instanceof Error)) throw error
    throw said(doing, error, profile)
  }
}

/** The name that Amazon, or the way there, gives an error; none where it is none of theirs. */
export function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined
}

const logIn =
  'log in: aws sso login, or aws configure; AWS_PROFILE names which of several\nin a pipeline: let it take on a role by OIDC'

/** IAM Identity Center's sessions end after some hours: the words of Amazon's client for it are of several kinds. */
const sessionIsOver = /SSO session|SSO Token|Token is expired|UnauthorizedException: Session token/i

const signIn = (profile: string) => `sign in again: aws sso login --profile ${profile}`

function said(doing: string, error: Error, profile = '"$AWS_PROFILE"'): Error {
  const { name, message } = error
  const give = (detail: string, wayOut: string) => fault('engine-unavailable', detail, { wayOut }, error)
  if (name === 'CredentialsProviderError' && sessionIsOver.test(message)) {
    return give('the session with IAM Identity Center is over', signIn(profile))
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return give('there are no credentials for AWS here', logIn)
  }
  if (/^(ExpiredToken|ExpiredTokenException|RequestExpired)$/.test(name)) {
    return give('the credentials for AWS have run out', logIn)
  }
  if (/^(InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidAccessKeyId)$/.test(name)) {
    return give('AWS does not know these credentials', logIn)
  }
  if (/AccessDenied|UnauthorizedOperation/.test(name)) {
    return give(
      `${doing} is not allowed: ${message}`,
      'let the role that you deploy with do this, or take on another one',
    )
  }
  if (Reflect.get(error, '$metadata') === undefined || 'code' in error) {
    return give(
      `${doing}: AWS does not answer: ${message}`,
      'run it again when you are connected: it goes on where it is',
    )
  }
  return give(`${doing}: ${name}: ${message}`, 'docs/targets/aws.md says what a deployment needs')
}
