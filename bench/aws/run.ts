/**
 * Claim: a signed call to AWS costs this process less than half of what a call of the SDK's client costs, and a process
 * that starts loads less. Both make the same requests of DynamoDB Local (`npm run engines -- up dynamodb`), which is a
 * process of its own and does not count: what is measured is the processor time of this one, a call.
 *
 * Options: `--rounds=5 --calls=1000`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { clientOptions } from '../../drivers/aws/src/client.ts'
import { SignedCalls } from '../../drivers/aws/src/signed-calls.ts'
import { systemClock } from '../../framework/src/embedded/clock.ts'

type Call = () => Promise<unknown>
type Ways = Readonly<Record<'SDK' | 'signed call', Readonly<Record<'GetItem' | 'PutItem', Call>>>>

const dynamodb = { host: 'dynamodb', signedFor: 'dynamodb', target: 'DynamoDB_20120810', json: '1.0' } as const
const atOnce = 4

async function main(): Promise<void> {
  const endpoint = endpointOf('dynamodb')
  if (endpoint === undefined) return console.log('DynamoDB Local is not running: npm run engines -- up dynamodb')
  const credentials = { accessKeyId: 'groundplan', secretAccessKey: 'groundplan-secret' }
  const options = { clock: systemClock(), region: 'eu-central-1', endpoint, credentials }
  const client = new DynamoDBClient(clientOptions(options))
  const calls = new SignedCalls(dynamodb, options)
  const TableName = `bench-${process.pid}`
  await client.send(new CreateTableCommand({ TableName, ...tableOfKeys }))
  try {
    await measure(waysOf(client, calls, TableName))
  } finally {
    await client.send(new DeleteTableCommand({ TableName }))
    client.destroy()
    calls.close()
  }
  console.log(`\nLoading, in a process of its own (best of 5):\n${loadTable()}`)
}

const tableOfKeys = {
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [{ AttributeName: 'p', AttributeType: 'S' as const }],
  KeySchema: [{ AttributeName: 'p', KeyType: 'HASH' as const }],
}

function waysOf(client: DynamoDBClient, calls: SignedCalls, TableName: string): Ways {
  const attributes = { name: { S: 'Green tea' }, stock: { N: '10' }, at: { S: '2026-01-01T00:00:00Z' } }
  const put = { TableName, Item: { p: { S: 'tea' }, a: { M: attributes } }, ReturnConsumedCapacity: 'TOTAL' as const }
  const get = { TableName, Key: { p: { S: 'tea' } }, ConsistentRead: true, ReturnConsumedCapacity: 'TOTAL' as const }
  return {
    SDK: {
      PutItem: () => client.send(new PutItemCommand(put)),
      GetItem: () => client.send(new GetItemCommand(get)),
    },
    'signed call': { PutItem: () => calls.call('PutItem', put), GetItem: () => calls.call('GetItem', get) },
  }
}

/** Rounds take turns, so that what else the machine does falls on both. */
async function measure(ways: Ways): Promise<void> {
  const [rounds, count] = [option('rounds', 5), option('calls', 1_000)]
  const names = Object.keys(ways) as (keyof Ways)[]
  const operations = ['PutItem', 'GetItem'] as const
  for (const name of names) for (const operation of operations) await cpuMs(ways[name][operation], 300)
  const spent = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const operation of operations) {
      for (const name of names) {
        const key = `${operation} ${name}`
        spent.set(key, [...(spent.get(key) ?? []), await cpuMs(ways[name][operation], count)])
      }
    }
  }
  console.log('| operation | way | ms of processor time a call, median (least–most) |\n|---|---|---|')
  for (const operation of operations) {
    for (const name of names)
      console.log(`| ${operation} | ${name} | ${spread(spent.get(`${operation} ${name}`) ?? [])} |`)
  }
}

async function cpuMs(call: Call, count: number): Promise<number> {
  let left = count
  const before = process.cpuUsage()
  const line = async (): Promise<void> => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: atOnce }, line))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / count
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other)
  const at = (index: number): string => (sorted[index] ?? 0).toFixed(2)
  return `${at(Math.floor(sorted.length / 2))} (${at(0)}–${at(sorted.length - 1)})`
}

/** What it takes to have them at hand. */
function loadTable(): string {
  const packages = { SDK: ['@aws-sdk/client-dynamodb'], 'signed call': ['@smithy/signature-v4', 'node:https'] }
  const rows = Object.entries(packages).map(([name, modules]) => {
    const times = Array.from({ length: 5 }, () => loadMs(modules))
    return `| ${name} | ${Math.min(...times).toFixed(0)} ms |`
  })
  return ['| way | loading |', '|---|---|', ...rows].join('\n')
}

function loadMs(modules: readonly string[]): number {
  const code = `const t = performance.now(); await Promise.all(${JSON.stringify(modules)}.map(m => import(m))); console.log(performance.now() - t)`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' })
  return Number(stdout)
}

function endpointOf(engine: string): string | undefined {
  const file = join(process.cwd(), '../.groundplan/engines/running.json')
  if (!existsSync(file)) return undefined
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<string, { readonly endpoint: string }>)[engine]?.endpoint
}

function option(name: string, usual: number): number {
  const given = process.argv.find(each => each.startsWith(`--${name}=`))
  return given === undefined ? usual : Number(given.slice(name.length + 3))
}

await main()
