/** Leaves nothing of a test behind. */
import type { Dynamo } from '../dynamo.ts'

export async function removeTables(dynamo: Dynamo, prefix: string): Promise<void> {
  const { TableNames = [] } = await dynamo.once('ListTables', '', { ExclusiveStartTableName: prefix })
  const own = TableNames.filter(name => name.startsWith(prefix))
  for (const TableName of own) await dynamo.once('DeleteTable', TableName, { TableName })
}
