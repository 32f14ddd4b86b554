/** Makes what is missing in an account: for tests and first tries. A deployment makes it by its own template. */
import { CreateTableCommand, UpdateTimeToLiveCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import type { TableShape } from 'groundplan/driver'
import { awsErrorOf } from './client.ts'
import type { Dynamo } from './dynamo.ts'
import { lettersTable, outboxTable, resourceName, tableDefinition, ttlAttribute } from './names.ts'

type Made = Pick<TableShape, 'name' | 'key' | 'indexes' | 'expires' | 'watched'>

const ownTables: readonly Made[] = [
  { name: outboxTable, key: ['p', 's'], indexes: {} },
  { name: lettersTable, key: ['p', 's'], indexes: {} },
]

/** Makes the tables that are not there, and waits until they are. */
export async function makeTables(dynamo: Dynamo, prefix: string, tables: readonly TableShape[]): Promise<void> {
  await Promise.all([...tables, ...ownTables].map(shape => makeTable(dynamo, prefix, shape)))
}

async function makeTable({ client }: Dynamo, prefix: string, shape: Made): Promise<void> {
  const name = resourceName(prefix, shape.name)
  try {
    await client.send(new CreateTableCommand(tableDefinition(name, shape)))
  } catch (error) {
    if (awsErrorOf(error).name !== 'ResourceInUseException') throw error
    return
  }
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName: name })
  if (shape.expires === undefined) return
  const TimeToLiveSpecification = { AttributeName: ttlAttribute, Enabled: true }
  await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }))
}
