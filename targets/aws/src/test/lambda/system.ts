/**
 * A system as functions on the stand-ins for AWS: its bundles, wired as its templates wire them. What needs PostgreSQL is
 * not among them: its service is asked in this process.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awsDrivers, makeMissing, outboxTable, resourceName } from '@groundplan/aws'
import { Dynamo } from '@groundplan/aws/parts/dynamo'
import { functionName } from '@groundplan/aws/parts/functions'
import { Streams } from '@groundplan/aws/parts/streams'
import { realClock } from '@groundplan/aws/parts/test/clock'
import { credentials } from '@groundplan/aws/parts/test/engines'
import { type Endpoints, makeBuckets, maySendMail, removeAll } from '@groundplan/aws/parts/test/home'
import { type Databases, type Drivers, shapeOf } from 'groundplan/driver'
import { memoryDatabases } from 'groundplan/memory/database'
import { type Runtime, runtimeTables, startRuntime } from 'groundplan/runtime/runtime'
import { type CodeBundle, mailQueue, type Plan, resourcesOf } from 'groundplan/target'
import { functionsOf } from '../../bundle/entry.ts'
import { bundled } from '../../bundle.ts'
import { carrier, queueOf } from '../../rights.ts'
import type { AwsSettings, Compute } from '../../settings.ts'
import { type System, systemOf } from '../../system.ts'
import { LambdaApi, QueueSource, StreamSource } from './cloud.ts'
import { RunningFunction } from './function.ts'

const region = 'us-east-1'
const shared = { region, domain: 'example.org', operations: 'operations@example.org', costOwner: 'shop' }

export interface OnLambda {
  readonly bundles: readonly CodeBundle[]
  /** By service. */
  readonly functions: ReadonlyMap<string, RunningFunction>
  readonly api: LambdaApi
  /** All services in this process, on the same engines; nothing runs there by itself. */
  readonly here: Runtime
  readonly prefix: string
  readonly system: System
  readonly drivers: Drivers
  /** By the names that SQS has for queues. */
  readonly sources: ReadonlyMap<string, QueueSource>
  close(): Promise<void>
}

interface Opening {
  readonly plan: Plan
  readonly planFile: string
  readonly root: string
  readonly endpoints: Endpoints
  /** Services that are not started: what they need is not here. */
  readonly without?: readonly string[]
  /** Of each function. Default: 30 seconds. */
  readonly timeoutMs?: number
  /** Services that run as containers are no functions here. Default: all are functions. */
  readonly compute?: Compute | Readonly<Record<string, Compute>>
  /** Of this process. Default: in it. */
  readonly databases?: Databases
}

export async function openOnLambda(opening: Opening): Promise<OnLambda> {
  const { plan, planFile, root, endpoints, without = [] } = opening
  const environment = `l${randomUUID().slice(0, 7)}`
  const settings: AwsSettings = { ...shared, systems: { [plan.name]: { compute: opening.compute ?? 'functions' } } }
  const system = systemOf(plan, environment, settings)
  const { prefix } = system.names
  const folder = await mkdtemp(join(tmpdir(), 'functions-'))
  const only = functionsOf(system).flatMap(({ name }) => (without.includes(name) ? [] : [name]))
  const bundling = { plan, environment, root, planFile, only, conditions: ['groundplan-source'] }
  const drivers = await engines(plan, prefix, endpoints, opening.databases)
  const bundles = await bundled(bundling, settings)
  const functions = new Map<string, RunningFunction>()
  for (const bundle of bundles) {
    if (!without.includes(bundle.name))
      functions.set(bundle.name, await written(bundle, prefix, join(folder, bundle.name), opening.timeoutMs))
  }
  const api = await LambdaApi.open(new Map([...functions].map(([name, made]) => [functionName(prefix, name), made])))
  const places = { ...placesOf(endpoints), lambda: api.endpoint }
  for (const made of functions.values()) Object.assign(made.options.environment, environmentOf(system, places))
  const sources = queueSources(system, functions, endpoints)
  const stream = streamSource(drivers, functions.get(carrier))
  return {
    ...{ bundles, functions, api, here: drivers.runtime, drivers: drivers.drivers, prefix, system, sources },
    async close() {
      await Promise.all([stream, ...sources.values()].map(source => source.stop()))
      await Promise.all([...functions.values()].map(made => made.stop()))
      await api.close()
      await drivers.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function placesOf({ dynamodb, sqs, moto, ses }: Endpoints) {
  return { dynamodb, sqs, s3: moto, vault: moto, ses }
}

function environmentOf({ names }: System, places: object): Readonly<Record<string, string>> {
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    GROUNDPLAN_AWS_PREFIX: names.prefix,
    GROUNDPLAN_AWS_BUCKET_PREFIX: names.prefix,
    GROUNDPLAN_AWS_ENDPOINTS: JSON.stringify(places),
  }
}

async function written(
  bundle: CodeBundle,
  prefix: string,
  folder: string,
  timeoutMs = 30_000,
): Promise<RunningFunction> {
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries({ ...bundle.files, ...bundle.beside })) {
    await writeFile(join(folder, name), content)
  }
  const name = functionName(prefix, bundle.name)
  return new RunningFunction({ name, folder, timeoutMs, environment: {}, mostProcesses: 4 })
}

/** Tables, queues, buckets, and this process on them. */
async function engines(plan: Plan, prefix: string, endpoints: Endpoints, given?: Databases) {
  const shape = shapeOf(plan, runtimeTables)
  const options = { clock: realClock(), region, credentials, prefix, endpoints: placesOf(endpoints) }
  await makeMissing(shape, options)
  await makeBuckets(shape, options)
  await maySendMail(region, endpoints.ses)
  const dynamo = new Dynamo({ ...options, endpoint: endpoints.dynamodb })
  const outbox = resourceName(prefix, outboxTable)
  const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' as const }
  await dynamo.once('UpdateTable', outbox, { TableName: outbox, StreamSpecification })
  const streams = new Streams({ ...options, endpoint: endpoints.dynamodb })
  const own = memoryDatabases()
  const drivers = awsDrivers(shape, { ...options, databases: given ?? own })
  const runtime = await startRuntime(plan, drivers, { logs: () => {}, background: false })
  return {
    runtime,
    drivers,
    inserted: inserts(streams, await streams.of(dynamo, outbox)),
    async close() {
      await runtime.stop(1_000)
      await drivers.close()
      await own.close()
      streams.close()
      dynamo.close()
      await removeAll(options)
    },
  }
}

/** The sequence numbers of what was inserted since it was asked before. */
function inserts(streams: Streams, stream: string): () => Promise<readonly string[]> {
  const iterators = new Map<string, string | undefined>()
  const inserted = async (shard: string): Promise<readonly string[]> => {
    if (!iterators.has(shard)) iterators.set(shard, await streams.iterator(stream, shard, 'oldest'))
    const iterator = iterators.get(shard)
    if (iterator === undefined) return []
    const { changes, next } = await streams.records(iterator)
    iterators.set(shard, next)
    return changes.filter(({ before, after }) => after && !before).map(({ sequence }) => sequence)
  }
  // DynamoDB Local trims a shard while it is read: what it held is to be found in the outbox.
  const found = (shard: string) =>
    inserted(shard).catch(() => {
      iterators.delete(shard)
      return ['0']
    })
  return async () => {
    const shards = await streams.shards(stream).catch(() => [])
    return (await Promise.all(shards.map(({ id }) => found(id)))).flat()
  }
}

function streamSource({ inserted }: { inserted(): Promise<readonly string[]> }, to: RunningFunction | undefined) {
  if (!to) throw new Error('there is no carrier')
  return new StreamSource(inserted, to)
}

/** As the template maps them. */
function queueSources(
  { parts, queues, names }: System,
  functions: ReadonlyMap<string, RunningFunction>,
  endpoints: Endpoints,
): ReadonlyMap<string, QueueSource> {
  const options = { sqs: endpoints.sqs, region, credentials }
  const owned = parts.handlers.flatMap(named => {
    const queue = queueOf(named)
    const to = functions.get(named.service.name)
    return queue === undefined || !to ? [] : [{ queue, to }]
  })
  const to = functions.get(carrier)
  const mails = to ? resourcesOf(parts, 'mailbox').map(({ name }) => ({ queue: mailQueue(name), to })) : []
  const sources = [...owned, ...mails].map(({ queue, to }) => {
    const ordered = queues.find(({ name }) => name === queue)?.ordered ?? false
    const name = names.queue(queue)
    return [name, new QueueSource(options, name, to, ordered ? 1 : 10)] as const
  })
  return new Map(sources)
}
