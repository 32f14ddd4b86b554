/** Makes what is missing in an account: for tests and first tries. A deployment makes it by its own template. */
import { fault, type TableShape } from 'groundplan/driver'
import { awsErrorOf, backOff } from './client.ts'
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

async function makeTable(dynamo: Dynamo, prefix: string, shape: Made): Promise<void> {
  const name = resourceName(prefix, shape.name)
  try {
    await dynamo.once('CreateTable', name, tableDefinition(name, shape))
  } catch (error) {
    if (awsErrorOf(error).name !== 'ResourceInUseException') throw error
    return
  }
  await untilActive(dynamo, name)
  if (shape.expires === undefined) return
  const TimeToLiveSpecification = { AttributeName: ttlAttribute, Enabled: true }
  await dynamo.once('UpdateTimeToLive', name, { TableName: name, TimeToLiveSpecification })
}

/** A table is there some seconds after it was made. Faults: `engine-unavailable`. */
async function untilActive(dynamo: Dynamo, name: string): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const { Table } = await dynamo.persistently('DescribeTable', name, { TableName: name })
    if (Table?.TableStatus === 'ACTIVE') return
    await backOff(dynamo.clock, attempt)
  }
  throw fault('engine-unavailable', `the table ${name} is still being made`)
}
