/**
 * What the roles of a pipeline may do, and people by hand: one description of both. Whoever deploys makes everything that the templates name, so these rights are as
 * wide as the templates: bounded by names where Amazon's names can carry the system's and the environment's, and by the
 * kinds of things everywhere. Roles it may make and give are those of this environment alone.
 */
import { releaseName } from '../application/release.ts'
import { account, idOf, partition, region } from '../names.ts'
import { asText, type Statement } from '../policy.ts'
import type { System } from '../system.ts'
import { shiftOf } from '../traffic.ts'

/** Reading what is deployed: for `diff`. */
export function readsStacks({ names }: System): readonly Statement[] {
  return [
    {
      Sid: 'Templates',
      Effect: 'Allow',
      Action: ['cloudformation:GetTemplate'],
      // The site's certificate is in another region.
      Resource: [arn(`cloudformation:*:${account}:stack/${names.prefix}-*/*`)],
    },
  ]
}

export function pushesImages(repositories: readonly string[]): readonly Statement[] {
  return [
    { Sid: 'Registry', Effect: 'Allow', Action: ['ecr:GetAuthorizationToken'], Resource: ['*'] },
    {
      Sid: 'Images',
      Effect: 'Allow',
      Action: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:DescribeImages',
        'ecr:GetDownloadUrlForLayer',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      Resource: repositories.map(name => arn(`ecr:${region}:${account}:repository/${name}`)),
    },
  ]
}

/** Starting the machine that moves traffic, and following it. */
export function startsMachine(name: string): Statement {
  return {
    Sid: 'Release',
    Effect: 'Allow',
    Action: ['states:DescribeExecution', 'states:DescribeStateMachine', 'states:StartExecution'],
    Resource: [
      arn(`states:${region}:${account}:stateMachine:${name}`),
      arn(`states:${region}:${account}:execution:${name}:*`),
    ],
  }
}

/**
 * All that brings what is new to an environment, whether a pipeline does it or a person.
 * @param repositories of the images that it pushes
 */
export function ships(system: System, repositories: readonly string[]): readonly Statement[] {
  return [
    ...deploysEnvironment(system),
    ...(repositories.length > 0 ? pushesImages(repositories) : []),
    ...(shiftOf(system).by === 'machine' ? [startsMachine(releaseName(system))] : []),
  ]
}

/** Everything that `groundplan deploy` and the stacks it makes need. */
export function deploysEnvironment(system: System): readonly Statement[] {
  const { names } = system
  const roles = [arn(`iam::${account}:role/${names.prefix}-*`)]
  return [
    {
      Sid: 'Named',
      Effect: 'Allow',
      Action: [...new Set(named.map(each => `${each.service}:*`))],
      Resource: ownOf(system),
    },
    { Sid: 'Unnamed', Effect: 'Allow', Action: unnamed, Resource: ['*'] },
    {
      Sid: 'Roles',
      Effect: 'Allow',
      Action: [
        'iam:CreateRole',
        'iam:DeleteRole',
        'iam:DeleteRolePolicy',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:PassRole',
        'iam:PutRolePolicy',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:UpdateAssumeRolePolicy',
      ],
      Resource: roles,
    },
    { Sid: 'Agreeing', Effect: 'Deny', Action: agreeing, Resource: approvalsIn(system) },
  ]
}

/** What `groundplan approve` takes: whoever deploys is not who agrees. */
const agreeing = ['s3:DeleteObject*', 's3:PutObject*', 's3:RestoreObject']

/** The files that say who agreed to a deployment. */
export function approvalsIn({ names }: System): readonly unknown[] {
  return [arn(`s3:::${names.deployments}/deployments/*/approved.json`)]
}

/** Agreeing to what somebody else asked for: `groundplan approve`, and the approval of the pipeline before the environment. */
export function agrees(system: System): readonly Statement[] {
  const { names, plan, environment } = system
  const pipeline = `codepipeline:${within}:${plan.name}-pipeline`
  return [
    {
      Sid: 'Asked',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: [arn(`s3:::${names.deployments}`), arn(`s3:::${names.deployments}/*`)],
    },
    { Sid: 'Agrees', Effect: 'Allow', Action: ['s3:PutObject'], Resource: approvalsIn(system) },
    {
      Sid: 'Pipeline',
      Effect: 'Allow',
      Action: ['codepipeline:GetPipeline*', 'codepipeline:ListPipelineExecutions'],
      Resource: [arn(pipeline)],
    },
    {
      Sid: 'Answers',
      Effect: 'Allow',
      Action: ['codepipeline:PutApprovalResult'],
      Resource: [arn(`${pipeline}/${idOf('Approve', environment)}/*`)],
    },
  ]
}

/** Seeing how it goes: state, logs, measures, traces. Nothing of what the plan keeps, and no secret. */
export function looksAt(system: System): readonly Statement[] {
  return [
    {
      Sid: 'State',
      Effect: 'Allow',
      Action: stateOf,
      Resource: [...ownOf(system), arn(`states:${within}:execution:${system.names.prefix}-*`)],
    },
    { Sid: 'Measures', Effect: 'Allow', Action: measures, Resource: ['*'] },
  ]
}

/** Of things that bear the environment's name. */
const stateOf: readonly string[] = [
  'cloudformation:Describe*',
  'cloudformation:GetTemplate',
  'cloudformation:ListStackResources',
  'dynamodb:DescribeTable',
  'ecs:Describe*',
  'lambda:GetAlias',
  'lambda:GetFunctionConfiguration',
  'logs:DescribeLogStreams',
  'logs:FilterLogEvents',
  'logs:GetLogEvents',
  'logs:StartQuery',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'states:DescribeExecution',
  'states:DescribeStateMachine',
  'states:GetExecutionHistory',
  'states:ListExecutions',
]

/** These know no resource. */
const measures: readonly string[] = [
  'cloudformation:ListStacks',
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetMetricData',
  'cloudwatch:GetMetricStatistics',
  'cloudwatch:ListMetrics',
  'logs:DescribeLogGroups',
  'logs:GetQueryResults',
  'xray:BatchGetTraces',
  'xray:GetTraceSummaries',
]

interface Named {
  readonly service: string
  /** What follows the service in the ARN, from the prefix that the driver gives names. */
  resource(names: System['names']): string
}

const within = `${region}:${account}`

/** Things that bear the environment's name. */
const named: readonly Named[] = [
  // In us-east-1, too.
  { service: 'cloudformation', resource: ({ prefix }) => `*:${account}:stack/${prefix}-*/*` },
  { service: 'cloudwatch', resource: ({ prefix }) => `${within}:alarm:${prefix}-*` },
  { service: 'codedeploy', resource: ({ prefix }) => `${within}:*:${prefix}*` },
  { service: 'dynamodb', resource: ({ prefix }) => `${within}:table/${prefix}-*` },
  { service: 'ecr', resource: ({ prefix }) => `${within}:repository/${prefix}-*` },
  { service: 'ecs', resource: ({ prefix }) => `${within}:*/${prefix}*` },
  { service: 'lambda', resource: ({ prefix }) => `${within}:function:${prefix}-*` },
  { service: 'logs', resource: ({ prefix }) => `${within}:log-group:*${prefix}*` },
  { service: 'scheduler', resource: ({ prefix }) => `${within}:schedule/*/${prefix}-*` },
  { service: 's3', resource: ({ bucketPrefix }) => `:::${bucketPrefix}-*` },
  // Those of a site's files and of logs have names that CloudFormation gives, from their stacks'.
  { service: 's3', resource: ({ prefix }) => `:::${prefix}-*` },
  { service: 'secretsmanager', resource: ({ prefix }) => `${within}:secret:${prefix}@*` },
  { service: 'sns', resource: ({ prefix }) => `${within}:${prefix}-*` },
  { service: 'sqs', resource: ({ prefix }) => `${within}:${prefix}-*` },
  { service: 'ssm', resource: ({ prefix }) => `${within}:parameter/${prefix}/*` },
  { service: 'states', resource: ({ prefix }) => `${within}:stateMachine:${prefix}-*` },
]

function ownOf({ names }: System): readonly unknown[] {
  return named.map(({ service, resource }) =>
    service === 's3' ? arn(`s3${resource(names)}`) : arn(`${service}:${resource(names)}`),
  )
}

/** Things with names that Amazon gives, or with none: a balancer, a network, a certificate, a key; and lists of things. */
const unnamed: readonly string[] = [
  'acm:*',
  'apigateway:*',
  'application-autoscaling:*',
  'cloudformation:Describe*',
  'cloudformation:List*',
  'cloudformation:ValidateTemplate',
  'cloudfront:*',
  'cloudwatch:DescribeAlarms',
  'dynamodb:DescribeStream',
  'dynamodb:ListStreams',
  'ec2:*',
  'ecr:GetAuthorizationToken',
  'ecs:DeregisterTaskDefinition',
  'ecs:DescribeTaskDefinition',
  'ecs:ListTaskDefinitions',
  'elasticloadbalancing:*',
  'events:*',
  'kms:*',
  'lambda:*EventSourceMapping*',
  'logs:*LogDelivery',
  'logs:Describe*',
  'rds:*',
  'route53:*',
  'servicediscovery:*',
  'ses:*',
  'wafv2:*',
]

function arn(rest: string): unknown {
  return asText(`arn:${partition}:${rest}`)
}
