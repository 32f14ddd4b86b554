/** Rules of Lambda that no other check of templates knows, held against the templates that are committed. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

interface Properties {
  readonly QueueName?: string
  readonly VisibilityTimeout?: number
  readonly Timeout?: number
  readonly EventSourceArn?: unknown
  readonly FunctionName?: unknown
}

interface Resource {
  readonly Type: string
  readonly Properties: Properties
}

function resources(environment: string, stack: 'infra' | 'application'): readonly (readonly [string, Resource])[] {
  const file = new URL(`./storefront/aws/${environment}/CloudFormation-${stack}.json`, import.meta.url)
  const { Resources }: { Resources: Readonly<Record<string, Resource>> } = JSON.parse(readFileSync(file, 'utf8'))
  return Object.entries(Resources)
}

const propertiesOf = (all: ReturnType<typeof resources>, type: string) =>
  all.filter(([, { Type }]) => Type === type).map(([id, { Properties }]) => ({ id, ...Properties }))

it.each(['test', 'production'])(
  'S14: a message is hidden at least as long as the function that has it may run, in %s: Lambda refuses anything else',
  environment => {
    const application = resources(environment, 'application')
    const hiddenS = new Map(
      propertiesOf(resources(environment, 'infra'), 'AWS::SQS::Queue').map(queue => [
        queue.QueueName,
        queue.VisibilityTimeout,
      ]),
    )
    const runsS = new Map(
      propertiesOf(application, 'AWS::Lambda::Function').map(({ id, Timeout }) => [
        id.slice('Function'.length),
        Timeout,
      ]),
    )
    const sources = propertiesOf(application, 'AWS::Lambda::EventSourceMapping').filter(({ EventSourceArn }) =>
      JSON.stringify(EventSourceArn).includes(':sqs:'),
    )
    expect(sources.length).toBeGreaterThan(5)
    for (const { id, EventSourceArn, FunctionName } of sources) {
      const queue = JSON.stringify(EventSourceArn).match(/:([\w.-]+)"\}$/)?.[1]
      const live = JSON.stringify(FunctionName).match(/"Live(\w+)"/)?.[1] ?? ''
      expect(Number(hiddenS.get(queue)), id).toBeGreaterThanOrEqual(Number(runsS.get(live)))
    }
  },
)
