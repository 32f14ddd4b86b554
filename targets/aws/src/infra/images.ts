/** A registry for the images of each service that runs as containers, and of the web front. An image never changes. */
import { CfnRepository } from 'aws-cdk-lib/aws-ecr'
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import { type Kit, keepsData } from '../kit.ts'
import { idOf } from '../names.ts'

const keptImages = 20

export function repositories(kit: Kit, names: readonly string[], key: CfnKey): void {
  for (const name of names) {
    keepsData(
      kit,
      new CfnRepository(kit.stack, idOf('Images', name), {
        repositoryName: kit.system.names.service(name),
        imageTagMutability: 'IMMUTABLE',
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfiguration: { encryptionType: 'KMS', kmsKey: key.attrArn },
        emptyOnDelete: !kit.system.settings.sizes.protectData,
        lifecyclePolicy: { lifecyclePolicyText: JSON.stringify({ rules: [keepsNewest] }) },
      }),
    )
  }
}

const keepsNewest = {
  rulePriority: 1,
  description: `the newest ${keptImages}`,
  selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: keptImages },
  action: { type: 'expire' },
}
