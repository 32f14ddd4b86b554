/** Projects of CodeBuild: each step of the pipeline in a container of its own, with a role of its own. */
import { Fn } from 'aws-cdk-lib'
import { CfnProject } from 'aws-cdk-lib/aws-codebuild'
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import { document, roleOf, writesLogs } from '../application/roles.ts'
import type { Kit } from '../kit.ts'
import { account, idOf, partition, region } from '../names.ts'
import { asText, type Statement } from '../policy.ts'

export interface Pipe extends Kit {
  /** The name of the pipeline: `counter-pipeline`. */
  readonly name: string
  readonly key: CfnKey
  /** The bucket that steps hand things on by. */
  readonly artifacts: string
}

export interface Project {
  /** `Build-server`. */
  readonly name: string
  readonly says: string
  readonly lines: readonly string[]
  readonly rights: readonly Statement[]
  /** It works with images. */
  readonly docker?: boolean
  /** Files that the next steps get. */
  readonly gives?: readonly string[]
  /** Variables that other steps may name. */
  readonly tells?: readonly string[]
}

/** @returns its name */
export function project(pipe: Pipe, made: Project): string {
  const { stack, key } = pipe
  const name = `${pipe.name}-${made.name.toLowerCase()}`
  const logs = new CfnLogGroup(stack, idOf('Logs', made.name), {
    logGroupName: `/${pipe.name}/${made.name.toLowerCase()}`,
    retentionInDays: 90,
    kmsKeyId: key.attrArn,
  })
  const around = document(writesLogs(`/${pipe.name}/${made.name.toLowerCase()}`), ...handsOn(pipe))
  const rights = made.rights.length === 0 ? {} : { rights: document(...made.rights) }
  const role = roleOf(pipe, idOf('Role', made.name), 'codebuild.amazonaws.com', { around, ...rights })
  new CfnProject(stack, idOf('Project', made.name), {
    name,
    description: made.says,
    serviceRole: role.attrArn,
    encryptionKey: key.attrArn,
    artifacts: { type: 'CODEPIPELINE' },
    source: { type: 'CODEPIPELINE', buildSpec: buildSpec(made) },
    environment: {
      type: 'ARM_CONTAINER',
      computeType: 'BUILD_GENERAL1_SMALL',
      image: 'aws/codebuild/amazonlinux2-aarch64-standard:3.0',
      privilegedMode: made.docker ?? false,
    },
    logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: logs.ref } },
    timeoutInMinutes: 60,
  })
  return name
}

/** JSON is YAML. All lines are one command: an `if` may go over several. */
function buildSpec({ lines, gives, tells }: Project): string {
  const spec = {
    version: 0.2,
    env: { shell: 'bash', ...(tells ? { 'exported-variables': tells } : {}) },
    phases: {
      install: { 'runtime-versions': { nodejs: 22 } },
      build: { commands: [['set -euo pipefail', ...lines].join('\n')] },
    },
    ...(gives ? { artifacts: { files: gives } } : {}),
  }
  return JSON.stringify(spec, undefined, 2)
}

/** What a step gets and gives lies in the pipeline's bucket. */
export function handsOn({ artifacts, key }: Pipe): readonly Statement[] {
  return [
    {
      Sid: 'Artifacts',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
      Resource: [Fn.sub(`arn:${partition}:s3:::\${${artifacts}}/*`)],
    },
    { Sid: 'Key', Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: [key.attrArn] },
  ]
}

/** Projects of this pipeline. */
export function projectArn(name: string): unknown {
  return asText(`arn:${partition}:codebuild:${region}:${account}:project/${name}`)
}
