/**
 * Counter as its containers at Amazon run it: the image by its own Dockerfile, the environment of the committed template's
 * task, a disk that goes with the task. What is kept is in DynamoDB, for whichever task comes next.
 */
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it, vi } from 'vitest'
import { makeMissing } from '../drivers/aws/src/drivers.ts'
import { realClock } from '../drivers/aws/src/test/clock.ts'
import { allOf, credentials } from '../drivers/aws/src/test/engines.ts'
import { removeAll } from '../drivers/aws/src/test/home.ts'
import { shapeOf } from '../framework/src/driver.ts'
import { runtimeTables } from '../framework/src/runtime/runtime.ts'
import { freePort } from '../scripts/lib/free-port.mjs'
import { type Container, contained, imageOf, sharedFolder, writtenFiles } from '../web/test/hosted.ts'
import counter from './counter/plan.ts'

vi.setConfig({ testTimeout: 400_000 })

const region = 'us-east-1'

interface Variable {
  readonly Name: string
  readonly Value: string | { readonly Ref: string }
}

/** What the task of the service gets, where Amazon says only the region. */
function taskEnvironment(): Readonly<Record<string, string>> {
  const file = new URL('./counter/aws/test/CloudFormation-application.json', import.meta.url)
  const { Resources } = JSON.parse(readFileSync(file, 'utf8'))
  const variables: readonly Variable[] = Resources.TaskServer.Properties.ContainerDefinitions[0].Environment
  return Object.fromEntries(
    variables.map(({ Name, Value }) => {
      if (typeof Value === 'string') return [Name, Value]
      expect(Value.Ref).toBe('AWS::Region')
      return [Name, region]
    }),
  )
}

async function ask(url: string, method = 'GET'): Promise<unknown> {
  const answer = await fetch(url, { method })
  return answer.json()
}

await allOf(['dynamodb', 'elasticmq', 'moto'], (dynamodb, sqs, moto) => {
  const does = 'C9: the task of counter keeps its stock in DynamoDB: another that takes over has it, with a new disk'
  // An image of its own is most of a minute of the processor.
  it.skipIf(!inject('thorough'))(does, async () => {
    const environment = `t${randomUUID().slice(0, 6)}`
    const endpoints = { dynamodb: dynamodb.endpoint, sqs: sqs.endpoint, s3: moto.endpoint, vault: moto.endpoint }
    const options = { clock: realClock(), region, credentials, prefix: `counter-${environment}`, endpoints }
    await makeMissing(shapeOf(counter, runtimeTables), options)
    using written = await writtenFiles('--env', 'test', '--for-target')
    using scratch = sharedFolder()
    const image = await imageOf('server', written.text, scratch.path)
    const given = {
      ...taskEnvironment(),
      GROUNDPLAN_ENVIRONMENT: environment,
      GROUNDPLAN_AWS_ENDPOINTS: JSON.stringify(endpoints),
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }
    const port = await freePort()
    const api = `http://127.0.0.1:${port}/api/counter`
    const task = async (use: () => Promise<void>): Promise<void> => {
      const data = join(image.root, 'data')
      const here = { '0.0.0.0': '127.0.0.1', '7400': String(port), '/data': data }
      const container = contained(image, { environment: given }, here)
      try {
        await vi.waitFor(() => isWell(container), { timeout: 60_000, interval: 500 })
        await use()
      } finally {
        expect((await container.stop()).code, container.said()).toBe(0)
      }
      rmSync(data, { recursive: true })
      mkdirSync(data)
      chmodSync(data, 0o777)
    }
    try {
      await task(async () => {
        expect(await ask(`${api}/decrement`, 'POST')).toEqual({ product: 'camera', left: 999 })
      })
      await task(async () => {
        expect(await ask(`${api}/counter`)).toEqual({ product: 'camera', left: 999 })
        // What the queue had given to the task that ended comes again when its lease is over.
        const sales = async () => expect(await ask(`${api}/sales`)).toMatchObject({ sales: [{}] })
        await vi.waitFor(sales, { timeout: 90_000, interval: 500 })
      })
    } finally {
      await removeAll(options)
    }
  })
})

async function isWell({ process, said, health }: Container): Promise<void> {
  if (process.exitCode !== null) throw new Error(`it ended: ${said()}`)
  expect(await health(), said()).toBe(0)
}
