/** Tables, as the driver defines them: paid by request, with copies of every second of the last 35 days. */
import { outboxTable, tableDefinition, ttlAttribute } from '@groundplan/aws'
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb'
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import type { TableShape } from 'groundplan/target'
import { exported, type Kit, keepsData } from '../kit.ts'
import { idOf } from '../names.ts'

export function tables(kit: Kit, key: CfnKey): void {
  for (const shape of kit.system.tables) {
    const made = table(kit, shape, key)
    if (shape.name === outboxTable && kit.system.carrier) {
      exported(kit, 'OutboxStreamArn', made.attrStreamArn, 'What waits to be sent on')
    }
  }
}

function table(kit: Kit, shape: TableShape, key: CfnKey): CfnTable {
  const { stack, system } = kit
  const defined = tableDefinition(system.names.table(shape.name), shape)
  return keepsData(
    kit,
    new CfnTable(stack, idOf('Table', shape.name), {
      tableName: defined.TableName,
      billingMode: defined.BillingMode,
      attributeDefinitions: defined.AttributeDefinitions.map(attributeOf),
      keySchema: defined.KeySchema.map(keyOf),
      ...('GlobalSecondaryIndexes' in defined ? { globalSecondaryIndexes: indexesOf(defined) } : {}),
      ...(tells(kit, defined) ? { streamSpecification: { streamViewType: 'NEW_AND_OLD_IMAGES' } } : {}),
      ...(shape.expires === undefined
        ? {}
        : { timeToLiveSpecification: { attributeName: ttlAttribute, enabled: true } }),
      sseSpecification: { sseEnabled: true, sseType: 'KMS', kmsMasterKeyId: key.attrArn },
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtectionEnabled: system.settings.sizes.protectData,
    }),
  )
}

/** Watched tables tell their changes to processes that watch; the outbox to the carrier, where it is a function. */
function tells({ system }: Kit, defined: Defined): boolean {
  const isOutbox = defined.TableName === system.names.table(outboxTable)
  return 'StreamSpecification' in defined || (isOutbox && system.carrier !== undefined)
}

type Defined = ReturnType<typeof tableDefinition>

function indexesOf({ GlobalSecondaryIndexes = [] }: Defined) {
  return GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
    indexName: IndexName,
    keySchema: KeySchema.map(keyOf),
    projection: { projectionType: Projection.ProjectionType },
  }))
}

function attributeOf({ AttributeName, AttributeType }: Defined['AttributeDefinitions'][number]) {
  return { attributeName: AttributeName, attributeType: AttributeType }
}

function keyOf({ AttributeName, KeyType }: Defined['KeySchema'][number]) {
  return { attributeName: AttributeName, keyType: KeyType }
}
