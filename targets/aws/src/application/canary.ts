/**
 * A canary by CodeDeploy: `live` of each function gives a part of the calls to the new version for a while, then all. The
 * stack waits for it; an alarm, or a deployment that is stopped, takes the function back, and the stack with all its parts.
 */
import type { CfnCodeDeployLambdaAliasUpdate } from 'aws-cdk-lib'
import { CfnApplication, CfnDeploymentConfig, CfnDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy'
import { CfnAlias } from 'aws-cdk-lib/aws-lambda'
import { milliseconds } from 'groundplan/target'
import type { Kit } from '../kit.ts'
import { account, idOf, partition, region } from '../names.ts'
import { asText, type PolicyDocument } from '../policy.ts'
import { shiftOf } from '../traffic.ts'
import { functionsInOrder } from './release.ts'
import { document, roleOf } from './roles.ts'

/** @param alarms names of those that take everything back */
export function canary(kit: Kit, alarms: readonly string[]): void {
  const { stack, system } = kit
  const shift = shiftOf(system)
  const functions = functionsInOrder(system)
  if (shift.by !== 'canary' || functions.length === 0) return
  const { percent, for: length } = shift.level
  const application = new CfnApplication(stack, 'Canary', {
    applicationName: system.names.prefix,
    computePlatform: 'Lambda',
  })
  const config = new CfnDeploymentConfig(stack, 'CanaryLevel', {
    computePlatform: 'Lambda',
    trafficRoutingConfig: {
      type: 'TimeBasedCanary',
      timeBasedCanary: { canaryPercentage: percent, canaryInterval: milliseconds(length) / 60_000 },
    },
  })
  const names = functions.map(name => system.names.service(name))
  const role = roleOf(kit, 'CanaryRole', 'codedeploy.amazonaws.com', { moves: movesAliases(names) })
  for (const name of functions) {
    const group = new CfnDeploymentGroup(stack, idOf('Canary', name), {
      applicationName: application.ref,
      deploymentGroupName: name,
      deploymentConfigName: config.ref,
      serviceRoleArn: role.attrArn,
      deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
      alarmConfiguration: { enabled: true, alarms: alarms.map(each => ({ name: each })) },
      autoRollbackConfiguration: {
        enabled: true,
        events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    })
    const by: CfnCodeDeployLambdaAliasUpdate = { applicationName: application.ref, deploymentGroupName: group.ref }
    const alias = stack.node.findChild(idOf('Live', name))
    if (alias instanceof CfnAlias) alias.cfnOptions.updatePolicy = { codeDeployLambdaAliasUpdate: by }
  }
}

function movesAliases(functions: readonly string[]): PolicyDocument {
  const arn = (name: string) => `arn:${partition}:lambda:${region}:${account}:function:${name}`
  const resources = functions.flatMap(name => [asText(arn(name)), asText(`${arn(name)}:live`)])
  const alarms = asText(`arn:${partition}:cloudwatch:${region}:${account}:alarm:*`)
  return document(
    {
      Sid: 'Functions',
      Effect: 'Allow',
      Action: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
      Resource: resources,
    },
    { Sid: 'Alarms', Effect: 'Allow', Action: ['cloudwatch:DescribeAlarms'], Resource: [alarms] },
  )
}
