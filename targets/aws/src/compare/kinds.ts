/**
 * Kinds of resources, in the plan's words, with what CloudFormation cannot change in place (it makes another and removes
 * the old one) and what holds data. Taken from CloudFormation's reference for what these templates have.
 */
import { type Resource, shown } from './templates.ts'

interface Kind {
  /** In words. */
  readonly word: string
  /** The property that has its name. */
  readonly named?: string
  /** Properties that make another one when they change. */
  readonly replacing: readonly string[]
  readonly holdsData: boolean
}

const kind = (word: string, named?: string, replacing: readonly string[] = [], holdsData = false): Kind => ({
  ...{ word, replacing: named === undefined ? replacing : [named, ...replacing], holdsData },
  ...(named === undefined ? {} : { named }),
})

const data = (word: string, named: string, replacing: readonly string[] = []) => kind(word, named, replacing, true)

const kinds: Readonly<Record<string, Kind>> = {
  'AWS::DynamoDB::Table': data('table', 'TableName', ['KeySchema']),
  'AWS::RDS::DBCluster': data('database', 'DBClusterIdentifier', [
    'DatabaseName',
    'Engine',
    'KmsKeyId',
    'MasterUsername',
  ]),
  'AWS::SQS::Queue': data('queue', 'QueueName', ['FifoQueue']),
  'AWS::S3::Bucket': data('bucket', 'BucketName'),
  'AWS::SecretsManager::Secret': data('secret', 'Name'),
  'AWS::KMS::Key': data('key', 'Description', ['KeySpec', 'KeyUsage']),
  'AWS::ECR::Repository': data('images', 'RepositoryName', ['EncryptionConfiguration']),
  'AWS::Logs::LogGroup': data('logs', 'LogGroupName'),
  'AWS::CodeDeploy::Application': kind('canary', 'ApplicationName', ['ComputePlatform']),
  'AWS::CodeDeploy::DeploymentConfig': kind('level of a canary', 'DeploymentConfigName', ['TrafficRoutingConfig']),
  'AWS::CodeDeploy::DeploymentGroup': kind('canary of', 'DeploymentGroupName', ['ApplicationName']),
  'AWS::StepFunctions::StateMachine': kind('machine', 'StateMachineName', ['StateMachineType']),
  'AWS::ApiGateway::Deployment': kind('routes as deployed'),
  'AWS::ApiGateway::DomainName': kind('address', 'DomainName'),
  'AWS::ApiGateway::GatewayResponse': kind('answer of a gateway', 'ResponseType', ['RestApiId']),
  'AWS::ApiGateway::Method': kind('route', undefined, ['HttpMethod', 'ResourceId', 'RestApiId']),
  'AWS::ApiGateway::Resource': kind('path', undefined, ['ParentId', 'PathPart', 'RestApiId']),
  'AWS::ApiGateway::RestApi': kind('gateway'),
  'AWS::ApiGateway::Stage': kind('stage', undefined, ['RestApiId', 'StageName']),
  'AWS::CertificateManager::Certificate': kind('certificate', 'DomainName', [
    'DomainValidationOptions',
    'SubjectAlternativeNames',
    'ValidationMethod',
  ]),
  'AWS::CloudWatch::Alarm': kind('alarm', 'AlarmName'),
  'AWS::EC2::Instance': kind('outlet', undefined, ['LaunchTemplate']),
  'AWS::EC2::SecurityGroup': kind('network group', undefined, ['GroupDescription', 'GroupName', 'VpcId']),
  'AWS::EC2::Subnet': kind('subnet', undefined, ['AvailabilityZone', 'CidrBlock', 'VpcId']),
  'AWS::EC2::VPC': kind('network', undefined, ['CidrBlock']),
  'AWS::ECS::Cluster': kind('cluster', 'ClusterName'),
  'AWS::ECS::Service': kind('service', 'ServiceName', ['Cluster', 'LaunchType']),
  // A task definition is a picture: each change makes another, and tasks go over to it one by one.
  'AWS::ECS::TaskDefinition': kind('task', 'Family'),
  'AWS::ElasticLoadBalancingV2::LoadBalancer': kind('balancer', 'Name', ['Scheme', 'Type']),
  'AWS::ElasticLoadBalancingV2::TargetGroup': kind('target', undefined, ['Port', 'Protocol', 'TargetType', 'VpcId']),
  'AWS::IAM::Role': kind('role', undefined),
  'AWS::Lambda::Alias': kind('live version', 'Name', ['FunctionName']),
  'AWS::Lambda::EventSourceMapping': kind('source', undefined, ['EventSourceArn', 'StartingPosition']),
  'AWS::Lambda::Function': kind('function', 'FunctionName', ['PackageType']),
  'AWS::SNS::Topic': kind('topic', 'TopicName'),
  'AWS::SSO::PermissionSet': kind('permission set', 'Name', ['InstanceArn']),
  'AWS::Scheduler::Schedule': kind('schedule', 'Name', ['GroupName']),
  'AWS::WAFv2::WebACL': kind('firewall', 'Name', ['Scope']),
}

export function kindOf({ type }: Resource): Kind {
  return kinds[type] ?? kind(wordOf(type))
}

/** `AWS::EC2::NatGateway` is a `nat gateway`. */
function wordOf(type: string): string {
  const last = type.slice(type.lastIndexOf(':') + 1)
  return last.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
}

/** A resource in words: its kind, and its name there or in the template. */
export function whatIs(resource: Resource): string {
  const { word, named } = kindOf(resource)
  const name = named === undefined ? undefined : resource.properties[named]
  return `${word} ${name === undefined ? resource.id : shown(name)}`
}
