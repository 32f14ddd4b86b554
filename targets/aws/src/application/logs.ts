/** Groups of logs: kept as long as the environment says, encrypted. */
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import { imported, type Kit } from '../kit.ts'
import { idOf } from '../names.ts'

/** The name of a service's group. */
export function logGroupName({ system }: Kit, of: string): string {
  return `/${system.names.prefix}/${of}`
}

export function logGroup(kit: Kit, of: string): CfnLogGroup {
  return new CfnLogGroup(kit.stack, idOf('Logs', of), {
    logGroupName: logGroupName(kit, of),
    retentionInDays: kit.system.settings.sizes.logDays,
    kmsKeyId: imported(kit, 'KeyArn'),
  })
}
