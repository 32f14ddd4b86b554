/** Who may do what by hand: the sets as the template says them, decided as IAM decides. */
import { describe, expect, it } from 'vitest'
import { compared } from '../compare/compare.ts'
import { account, region } from '../names.ts'
import type { PolicyDocument } from '../policy.ts'
import { type AwsSettings, resolved } from '../settings.ts'
import { synthesized } from '../synth.ts'
import { allows } from '../test/evaluator.ts'
import { flowOf, levels } from '../test/flow.ts'
import { settings, shop, stall } from '../test/shop.ts'
import { pipelineFiles } from './synth.ts'

const developers = '11111111-2222-3333-4444-555555555555'
const onCall = '1234567890-11111111-2222-3333-4444-666666666666'
const groups = { people: { deploy: [developers], approve: [onCall], read: [developers, onCall] } }

interface Template {
  readonly Parameters: Readonly<Record<string, unknown>>
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Properties }>>
}

type Properties = Readonly<Record<string, unknown>> & { readonly InlinePolicy?: PolicyDocument }

function template(more: Partial<AwsSettings> = {}, environment = 'production'): Template {
  return JSON.parse(synthesized(shop(), environment, { ...settings, ...more })['CloudFormation-people.json'] ?? '{}')
}

function policyOf({ Resources }: Template, set: 'Deploy' | 'Approve' | 'Read'): PolicyDocument {
  const policy = Resources[`People${set}`]?.Properties.InlinePolicy
  if (policy === undefined) throw new Error(`nobody may ${set}`)
  return policy
}

const deployments = 'arn:aws:s3:::shop-example-org-production-groundplan-deployments'
const approved = { action: 's3:PutObject', arn: `${deployments}/deployments/0f1e/approved.json` }
const stack = 'arn:aws:cloudformation:eu-central-1:000000000000:stack/shop-production-application/1a2b'
const changes = { action: 'cloudformation:CreateChangeSet', arn: stack }

describe('G8: permission sets for deploying by hand', () => {
  const made = template(groups)

  it('let whoever deploys by hand do what the role of the pipelines may, word by word, in the account of the environment', () => {
    for (const traffic of [undefined, levels]) {
      const access = pipelineFiles(flowOf('functions', traffic))['CloudFormation-access-production.json'] ?? '{}'
      const there = access.replaceAll(account, `\${AccountId}`).replaceAll(region, 'eu-central-1')
      const byHand = template(traffic ? { traffic: { shop: traffic } } : {})
      const { Deploy } = JSON.parse(there).Resources
      expect(policyOf(byHand, 'Deploy')).toEqual(Deploy.Properties.Policies[0].PolicyDocument)
    }
  })

  it('let whoever deploys containers push their images', () => {
    const files = synthesized(stall(), 'production', { ...settings, compute: 'containers' })
    const deploys = policyOf(JSON.parse(files['CloudFormation-people.json'] ?? '{}'), 'Deploy')
    const pushes = (name: string) =>
      allows(deploys, { action: 'ecr:PutImage', arn: `arn:aws:ecr:eu-central-1:000000000000:repository/${name}` })
    expect(['stall-production-stall', 'stall-production-web', 'stall-test-stall'].map(pushes)).toEqual([
      true,
      true,
      false,
    ])
  })

  it('name nothing of the account and the region that they are deployed in', () => {
    expect(Object.keys(made.Parameters).sort()).toEqual(['AccountId', 'InstanceArn'])
    expect(JSON.stringify(made)).not.toMatch(/AWS::(AccountId|Region)/)
  })

  it('let one deploy and not agree, another agree and not deploy, and who looks do neither', () => {
    const may = (set: 'Deploy' | 'Approve' | 'Read') =>
      [changes, approved].map(asked => allows(policyOf(made, set), asked))
    expect(may('Deploy')).toEqual([true, false])
    expect(may('Approve')).toEqual([false, true])
    expect(may('Read')).toEqual([false, false])
  })

  it('let whoever agrees read what is asked, and answer the pipeline before this environment alone', () => {
    const may = (action: string, arn: string) => allows(policyOf(made, 'Approve'), { action, arn })
    const pipeline = 'arn:aws:codepipeline:eu-central-1:000000000000:shop-pipeline'
    expect(may('s3:GetObject', `${deployments}/deployments/0f1e/manifest.json`)).toBe(true)
    expect(may('s3:GetObject', `${deployments}/templates/0f1e.json`)).toBe(true)
    expect(may('cloudformation:GetTemplate', stack)).toBe(true)
    expect(may('s3:PutObject', `${deployments}/deployments/0f1e/manifest.json`)).toBe(false)
    expect(may('s3:PutObject', `${deployments}/templates/0f1e.json`)).toBe(false)
    const text = pipelineFiles(flowOf('functions'))['CloudFormation-pipeline.json'] ?? '{}'
    const stages: readonly { readonly Name: string; readonly Actions: readonly { readonly Name: string }[] }[] =
      JSON.parse(text).Resources.Pipeline.Properties.Stages
    const actions = stages.flatMap(({ Name, Actions }) => Actions.map(action => `${Name}/${action.Name}`))
    const answered = actions.filter(each => may('codepipeline:PutApprovalResult', `${pipeline}/${each}`))
    expect(answered).toContain('ApproveProduction/Approve')
    expect(answered.every(each => each.startsWith('ApproveProduction/'))).toBe(true)
  })

  it('let whoever looks see logs and state of the environment, and nothing that is kept', () => {
    const may = (action: string, service: string, rest: string) =>
      allows(policyOf(made, 'Read'), { action, arn: `arn:aws:${service}:eu-central-1:000000000000:${rest}` })
    expect(may('logs:FilterLogEvents', 'logs', 'log-group:/shop-production/front')).toBe(true)
    expect(may('logs:FilterLogEvents', 'logs', 'log-group:/shop-test/front')).toBe(false)
    expect(may('cloudformation:DescribeStacks', 'cloudformation', 'stack/shop-production-infra/1a')).toBe(true)
    expect(may('dynamodb:GetItem', 'dynamodb', 'table/shop-production-orders')).toBe(false)
    expect(may('dynamodb:Scan', 'dynamodb', 'table/shop-production-orders')).toBe(false)
    expect(may('sqs:ReceiveMessage', 'sqs', 'shop-production-jobs')).toBe(false)
    expect(may('secretsmanager:GetSecretValue', 'secretsmanager', 'secret:shop-production@token-AbCdEf')).toBe(false)
    expect(may('lambda:GetFunction', 'lambda', 'function:shop-production-front')).toBe(false)
    expect(
      allows(policyOf(made, 'Read'), {
        action: 's3:GetObject',
        arn: 'arn:aws:s3:::shop-example-org-production-pictures/1',
      }),
    ).toBe(false)
  })

  it('of one environment reach nothing of another, by names that bear it', () => {
    const other = { ...changes, arn: stack.replace('production', 'test') }
    expect(allows(policyOf(made, 'Deploy'), other)).toBe(false)
    expect(allows(policyOf(template({}, 'test'), 'Deploy'), other)).toBe(true)
  })

  it('are small enough for the role that Identity Center makes of each', () => {
    for (const set of ['Deploy', 'Approve', 'Read'] as const)
      expect(JSON.stringify(policyOf(made, set)).length).toBeLessThan(10_240)
    const long = template(groups, 'an-environment-of-a-long-name').Resources
    for (const { Type, Properties } of Object.values(long))
      if (Type === 'AWS::SSO::PermissionSet') expect(String(Properties.Name).length).toBeLessThanOrEqual(32)
  })

  it('are given to the groups of the config, in the account of the environment; without groups to nobody', () => {
    const given = Object.values(made.Resources).filter(({ Type }) => Type === 'AWS::SSO::Assignment')
    const pairs = given.map(({ Properties }) => [
      Properties.PermissionSetArn,
      Properties.PrincipalId,
      Properties.TargetId,
    ])
    const set = (does: string) => ({ 'Fn::GetAtt': [`People${does}`, 'PermissionSetArn'] })
    const there = { Ref: 'AccountId' }
    expect(pairs).toHaveLength(4)
    expect(pairs).toContainEqual([set('Deploy'), developers, there])
    expect(pairs).toContainEqual([set('Approve'), onCall, there])
    expect(pairs).toContainEqual([set('Read'), onCall, there])
    const types = Object.values(template().Resources).map(({ Type }) => Type)
    expect(types).toEqual(['AWS::SSO::PermissionSet', 'AWS::SSO::PermissionSet'])
  })

  it("let somebody agree where the environment wants another's approval, groups or not", () => {
    expect(Object.keys(template({ approval: 'another' }).Resources).sort()).toEqual([
      'PeopleApprove',
      'PeopleDeploy',
      'PeopleRead',
    ])
  })

  it('refuse the name of a group: it is known by its id', () => {
    const named = () => resolved({ ...settings, people: { deploy: ['developers'] } }, 'shop')
    expect(named).toThrow('"developers" is no id of a group in IAM Identity Center')
  })

  it('that become wider, or have another group, are said by `diff`; what is deployed elsewhere is not taken for new', () => {
    const files = (more: Partial<AwsSettings>) => synthesized(shop(), 'production', { ...settings, ...more })
    const { widens } = compared(files({}), files({ people: { deploy: [developers] } }))
    expect(widens).toEqual([`group ${developers} may sign in on permission set PeopleDeploy`])
    const levelled = compared(files({}), files({ traffic: { shop: levels } })).widens
    expect(levelled.filter(each => each.startsWith('permission set PeopleDeploy')).join()).toContain('StartExecution')
    const { 'CloudFormation-people.json': people = '', ...deployed } = files({})
    expect(people).not.toBe('')
    expect(compared(deployed, files({})).changes).toEqual([])
  })
})
