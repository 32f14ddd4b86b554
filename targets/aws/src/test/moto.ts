/** CloudFormation of moto, a stand-in for AWS: deploys a template as far as it knows its types. */

export interface Stack {
  resources(): Promise<readonly { readonly type: string; readonly id: string; readonly physicalId: string }[]>
  remove(): Promise<void>
}

interface Place {
  readonly moto: string
  readonly region: string
}

/** Deploys a template, and says why where it cannot. */
export async function deployed(
  place: Place,
  name: string,
  template: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Stack> {
  const given = Object.entries(parameters).flatMap(([key, value], at) => [
    [`Parameters.member.${at + 1}.ParameterKey`, key] as const,
    [`Parameters.member.${at + 1}.ParameterValue`, value] as const,
  ])
  await asked(place, 'CreateStack', { StackName: name, TemplateBody: template, ...Object.fromEntries(given) })
  return {
    async resources() {
      const text = await asked(place, 'DescribeStackResources', { StackName: name })
      return [...text.matchAll(/<member>([\s\S]*?)<\/member>/g)].map(([, member = '']) => ({
        type: inside(member, 'ResourceType'),
        id: inside(member, 'LogicalResourceId'),
        physicalId: inside(member, 'PhysicalResourceId'),
      }))
    },
    async remove() {
      await asked(place, 'DeleteStack', { StackName: name })
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
