/** Secrets Manager, as far as it is asked here. */
import type {
  CreateSecretRequest,
  DeleteSecretRequest,
  DescribeSecretRequest,
  DescribeSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  ListSecretsRequest,
  ListSecretsResponse,
  PutSecretValueRequest,
  UpdateSecretVersionStageRequest,
} from '@aws-sdk/client-secrets-manager'
import type { Does, JsonService } from './signed-calls.ts'

export interface SecretsOperations {
  readonly CreateSecret: Does<CreateSecretRequest, object>
  readonly DeleteSecret: Does<DeleteSecretRequest, object>
  readonly DescribeSecret: Does<DescribeSecretRequest, Pick<DescribeSecretResponse, 'VersionIdsToStages'>>
  readonly GetSecretValue: Does<
    GetSecretValueRequest,
    Pick<GetSecretValueResponse, 'SecretString' | 'VersionId' | 'VersionStages'>
  >
  readonly ListSecrets: Does<ListSecretsRequest, ListSecretsResponse>
  readonly PutSecretValue: Does<PutSecretValueRequest, object>
  readonly UpdateSecretVersionStage: Does<UpdateSecretVersionStageRequest, object>
}

export const secretsManager: JsonService = {
  host: 'secretsmanager',
  signedFor: 'secretsmanager',
  target: 'secretsmanager',
  json: '1.1',
}
