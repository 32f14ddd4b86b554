/** CloudFormation of moto, a stand-in for AWS: what of a template it knows, and what it has made of it. */

export interface Stack {
  resources(): Promise<readonly { readonly type: string; readonly id: string; readonly physicalId: string }[]>
}

interface Place {
  readonly moto: string
  readonly region: string
}

/** Of the types in our templates, those that moto 5.2 does not make. */
const unknown = new Set([
  'AWS::CertificateManager::Certificate',
  'AWS::EC2::Instance', // by a launch template
  'AWS::RDS::DBCluster',
  'AWS::RDS::DBClusterParameterGroup',
  'AWS::RDS::DBInstance', // of a cluster
  'AWS::S3::BucketPolicy',
  'AWS::SES::ConfigurationSet',
  'AWS::SES::EmailIdentity',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SecretsManager::Secret',
])

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>
  readonly Outputs?: Readonly<Record<string, unknown>>
}

/** A template without what moto does not know, and without what refers to that. */
export function asMotoKnows(text: string): string {
  const template: Template = JSON.parse(text)
  const all = Object.entries(template.Resources)
  const gone = all.flatMap(([id, { Type }]) => (unknown.has(Type) ? [id] : []))
  const refersTo = (value: unknown) => gone.some(id => JSON.stringify(value).includes(`"${id}"`))
  // It stumbles over the tags of a key.
  const tagless = (resource: Template['Resources'][string]) =>
    resource.Type === 'AWS::KMS::Key'
      ? { ...resource, Properties: { ...resource.Properties, Tags: undefined } }
      : resource
  const resources = Object.fromEntries(all.map(([id, resource]) => [id, tagless(resource)]))
  const rest = (of: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(of).filter(([id, value]) => !gone.includes(id) && !refersTo(value)))
  return JSON.stringify({ ...template, Resources: rest(resources), Outputs: rest(template.Outputs ?? {}) })
}

/** What moto has of a stack. */
export function stackAt(place: Place, name: string): Stack {
  return {
    async resources() {
      const text = await asked(place, 'DescribeStackResources', { StackName: name })
      return [...text.matchAll(/<member>([\s\S]*?)<\/member>/g)].map(([, member = '']) => ({
        type: inside(member, 'ResourceType'),
        id: inside(member, 'LogicalResourceId'),
        physicalId: inside(member, 'PhysicalResourceId'),
      }))
    },
  }
}

async function asked(
  { moto, region }: Place,
  action: string,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const body = new URLSearchParams({ Action: action, Version: '2010-05-15', ...fields })
  // It checks no signature, and finds the service by its scope.
  const scope = `Credential=groundplan/20260101/${region}/cloudformation/aws4_request`
  const headers = { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none` }
  const reply = await fetch(moto, { method: 'POST', body, headers })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`${action}: ${reply.status} ${text.slice(0, 2_000)}`)
  return text
}

function inside(xml: string, tag: string): string {
  return new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1] ?? ''
}
