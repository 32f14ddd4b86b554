/**
 * Secrets, without values: `groundplan secret set` gives them. Settings are parameters that `groundplan setting set`
 * makes, since there is no parameter without a value; a tenant's secrets are made while the system runs.
 */
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager'
import { resourcesOf, secretName } from 'groundplan/target'
import { type Kit, keepsData } from '../kit.ts'
import { idOf } from '../names.ts'
import { internalKey } from '../rights.ts'

export function secrets(kit: Kit, key: CfnKey): void {
  const { parts, plan } = kit.system
  secret(kit, 'groundplan-internal', internalKey(parts), 'The key that services know each other by', key)
  for (const { name, perTenant } of resourcesOf(parts, 'secret')) {
    if (!perTenant) secret(kit, name, secretName(plan.name, name), `Secret ${name} of the plan`, key)
  }
}

function secret(kit: Kit, name: string, place: string, description: string, key: CfnKey): void {
  keepsData(
    kit,
    new CfnSecret(kit.stack, idOf('Secret', name), {
      name: kit.system.names.secret(place),
      description,
      kmsKeyId: key.attrArn,
    }),
  )
}
