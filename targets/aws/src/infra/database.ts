/**
 * Databases: one cluster of Aurora PostgreSQL for a system, which grows with its work, and rests without any where its
 * size lets it. Its login is made and rotated by Amazon. Nobody reaches it but the services that use it.
 */
import { Fn } from 'aws-cdk-lib'
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2'
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import { CfnDBCluster, CfnDBClusterParameterGroup, CfnDBInstance, CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds'
import { exported, type Kit, keepsData } from '../kit.ts'
import { idOf } from '../names.ts'
import { databasesOf } from '../system.ts'
import type { Network } from './network.ts'

export const databasePort = 5432
const family = 'aurora-postgresql16'
const engine = 'aurora-postgresql'

export function databases(kit: Kit, key: CfnKey, network: Network): void {
  const { stack } = kit
  if (databasesOf(kit.system).length === 0) return
  const group = new CfnSecurityGroup(stack, 'DatabaseGroup', {
    vpcId: network.vpcId,
    groupDescription: 'The database: reached by the services that use it',
    securityGroupIngress: [],
    // Of these addresses there are none: it answers, and asks nobody.
    securityGroupEgress: [
      { ipProtocol: 'icmp', fromPort: 252, toPort: 86, cidrIp: '255.255.255.255/32', description: 'Nobody' },
    ],
  })
  const cluster = clusterOf(kit, key, network, group)
  for (let copy = 1; copy <= kit.system.settings.sizes.databaseCopies; copy++) instance(kit, key, cluster, copy)
  exported(kit, 'DatabaseGroupId', group.attrGroupId, 'The network group of the database')
  exported(kit, 'DatabaseHost', cluster.attrEndpointAddress, 'Where the database is')
  exported(kit, 'DatabaseLoginArn', cluster.attrMasterUserSecretSecretArn, 'The secret with the login of the database')
}

function clusterOf(kit: Kit, key: CfnKey, network: Network, group: CfnSecurityGroup): CfnDBCluster {
  const { stack, system } = kit
  const { sizes } = system.settings
  const parameters = new CfnDBClusterParameterGroup(stack, 'DatabaseParameters', {
    description: `${system.names.prefix}: encrypted connections alone, and changes of tables in the log`,
    family,
    parameters: { 'rds.force_ssl': '1', log_statement: 'ddl', log_min_duration_statement: '1000' },
  })
  const subnets = new CfnDBSubnetGroup(stack, 'DatabaseSubnets', {
    dbSubnetGroupDescription: `${system.names.prefix}: not reached from outside`,
    subnetIds: [...network.privateSubnetIds],
  })
  return keepsData(
    kit,
    new CfnDBCluster(stack, 'Database', {
      dbClusterIdentifier: system.names.prefix,
      engine,
      engineVersion: '16.9',
      // By this one those of the plan are made.
      databaseName: 'groundplan',
      port: databasePort,
      masterUsername: 'groundplan',
      manageMasterUserPassword: true,
      masterUserSecret: { kmsKeyId: key.attrArn },
      enableIamDatabaseAuthentication: true,
      storageEncrypted: true,
      kmsKeyId: key.attrArn,
      serverlessV2ScalingConfiguration: {
        minCapacity: sizes.databaseUnitsLeast,
        maxCapacity: sizes.databaseUnitsMost,
      },
      backupRetentionPeriod: sizes.protectData ? 35 : 7,
      copyTagsToSnapshot: true,
      deletionProtection: sizes.protectData,
      enableCloudwatchLogsExports: ['postgresql'],
      dbClusterParameterGroupName: parameters.ref,
      dbSubnetGroupName: subnets.ref,
      vpcSecurityGroupIds: [group.attrGroupId],
    }),
  )
}

function instance(kit: Kit, key: CfnKey, cluster: CfnDBCluster, copy: number): void {
  new CfnDBInstance(kit.stack, idOf('DatabaseCopy', String(copy)), {
    dbClusterIdentifier: cluster.ref,
    dbInstanceClass: 'db.serverless',
    engine,
    publiclyAccessible: false,
    autoMinorVersionUpgrade: true,
    enablePerformanceInsights: true,
    performanceInsightsKmsKeyId: key.attrArn,
    availabilityZone: Fn.select(copy - 1, Fn.getAzs()),
  })
}
