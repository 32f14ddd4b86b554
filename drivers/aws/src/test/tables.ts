/** Leaves nothing of a test behind. */
import { DeleteTableCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import type { Dynamo } from '../dynamo.ts'

export async function removeTables({ client }: Dynamo, prefix: string): Promise<void> {
  const { TableNames = [] } = await client.send(new ListTablesCommand({ ExclusiveStartTableName: prefix }))
  const own = TableNames.filter(name => name.startsWith(prefix))
  for (const TableName of own) await client.send(new DeleteTableCommand({ TableName }))
}
