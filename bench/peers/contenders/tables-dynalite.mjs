/** DynamoDB's protocol on this machine: dynalite (in memory, or LevelDB without flushes), asked through AWS's SDK. */
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'

export async function open({ folder, kept }) {
  const server = dynalite({ createTableMs: 0, ...(kept ? { path: `${folder}/dynalite` } : {}) })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${server.address().port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'nobody', secretAccessKey: 'nobody' },
  })
  const TableName = 'items'
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'owner', AttributeType: 'S' },
        { AttributeName: 'id', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'owner', KeyType: 'HASH' },
        { AttributeName: 'id', KeyType: 'RANGE' },
      ],
    }),
  )
  const key = (owner, id) => ({ owner: { S: owner }, id: { N: String(id) } })
  return {
    put: ({ owner, id, title, price, sold }) =>
      client.send(
        new PutItemCommand({
          TableName,
          Item: { ...key(owner, id), title: { S: title }, price: { N: String(price) }, sold: { BOOL: sold } },
        }),
      ),
    get: async (owner, id) => (await client.send(new GetItemCommand({ TableName, Key: key(owner, id) }))).Item,
    query: async owner => {
      const { Items } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: '#owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':owner': { S: owner } },
        }),
      )
      return Items.length
    },
    close: () => new Promise(resolve => server.close(resolve)),
  }
}
