/**
 * The template of a pipeline: CodePipeline, with CodeBuild for its steps. A push to the branch that touches the system's
 * folders starts it. Each image is built in a project of its own, and only where something changed that it is made of;
 * then it goes through the environments: as the file that ECS takes, or as code of functions.
 */
import { Fn } from 'aws-cdk-lib'
import { CfnPipeline } from 'aws-cdk-lib/aws-codepipeline'
import type { CfnTopic } from 'aws-cdk-lib/aws-sns'
import { newServiceName, releaseName } from '../application/release.ts'
import { document, roleOf } from '../application/roles.ts'
import { asked } from '../kit.ts'
import { account, idOf, partition, region } from '../names.ts'
import { asText, type Statement } from '../policy.ts'
import { builds, checks, deploysStacks, diffs, imageDefinition, namesTag, prepare, promotes } from './commands.ts'
import { handsOn, type Pipe, project, projectArn } from './projects.ts'
import { deploysEnvironment, pushesImages, readsStacks, startsMachine } from './rights.ts'
import { type Image, pathsOf, type Stop, type Way } from './way.ts'

type Action = CfnPipeline.ActionDeclarationProperty
type Stage = CfnPipeline.StageDeclarationProperty

/** @param topics of approvals, by the stop that they are before */
export function pipeline(pipe: Pipe, way: Way, topics: ReadonlyMap<Stop, CfnTopic>): void {
  const connection = asked(
    pipe,
    'ConnectionArn',
    'The connection of CodeConnections to the repository, accepted by a person',
  )
  const stages = [
    source(way, connection),
    building(pipe, way),
    ...way.stops.flatMap(stop => stagesOf(pipe, way, stop, topics)),
  ]
  const names = stages.flatMap(({ actions }) => [actions].flat()).flatMap(each => projectOf(each))
  const role = roleOf(pipe, 'PipelineRole', 'codepipeline.amazonaws.com', {
    runs: document(...runs(pipe, connection, names, [...topics.values()])),
    ...(way.images.length > 0 ? { brings: document(...bringsImages(way)) } : {}),
    ...(releasing(way).length > 0 ? { releases: document(...releasing(way)) } : {}),
  })
  new CfnPipeline(pipe.stack, 'Pipeline', {
    name: pipe.name,
    pipelineType: 'V2',
    // What is newer overtakes what waits for an approval.
    executionMode: 'SUPERSEDED',
    roleArn: role.attrArn,
    artifactStore: {
      type: 'S3',
      location: Fn.ref(pipe.artifacts),
      encryptionKey: { id: pipe.key.attrArn, type: 'KMS' },
    },
    triggers: [trigger(way)],
    stages,
  })
}

/** At most eight patterns: more of them are one for the whole repository. */
function trigger(way: Way): CfnPipeline.PipelineTriggerDeclarationProperty {
  const paths = pathsOf(way)
  const filePaths = paths.length <= 8 ? { filePaths: { includes: [...paths] } } : {}
  const push = [{ branches: { includes: [way.flow.source.branch] }, ...filePaths }]
  return { providerType: 'CodeStarSourceConnection', gitConfiguration: { sourceActionName: 'Source', push } }
}

// ---------- stages

function source({ flow }: Way, connection: string): Stage {
  const configuration = {
    ConnectionArn: connection,
    FullRepositoryId: flow.source.repository,
    BranchName: flow.source.branch,
    DetectChanges: 'false',
    OutputArtifactFormat: 'CODE_ZIP',
  }
  const actions = [{ ...action('Source', 'Source', 'CodeStarSourceConnection', configuration), ...gives('Source') }]
  return { name: 'Source', actions }
}

/** Checks, and an image of each service that runs as containers: side by side. */
function building(pipe: Pipe, way: Way): Stage {
  const [{ system }] = way.stops
  const checking = project(pipe, {
    name: 'Check',
    says: `What must hold of ${way.name}`,
    lines: checks(way),
    rights: [],
  })
  const images = way.images.map(image => {
    const made = project(pipe, {
      name: `Build-${image.name}`,
      says: `The image of ${image.name}, where something changed that it is made of`,
      lines: [...builds(way, image, system), imageDefinition(image, system)],
      rights: pushesImages([system.names.service(image.name)]),
      docker: true,
      gives: ['imagedefinitions.json'],
    })
    return { ...step(idOf('Build', image.name), made), ...gives(imageIn(image, system.environment)) }
  })
  return { name: 'Build', actions: [step('Check', checking), ...images] }
}

function stagesOf(pipe: Pipe, way: Way, stop: Stop, topics: ReadonlyMap<Stop, CfnTopic>): readonly Stage[] {
  const topic = topics.get(stop)
  const deploying = { name: pascal(stop.environment), actions: [deployed(pipe, way, stop), ...after(way, stop)] }
  return topic ? [approving(pipe, way, stop, topic), deploying] : [deploying]
}

/** Whoever is asked sees what would change: its first words in the question, all of it behind the link. */
function approving(pipe: Pipe, way: Way, stop: Stop, topic: CfnTopic): Stage {
  const name = `Diff-${stop.environment}`
  const words = "WORDS=\"$(tr '\\n' '|' < diff.txt | sed 's/|/ | /g' | cut -c1-900)\""
  const lines = [...prepare(way), ...diffs(way, stop), words, 'LOG="$CODEBUILD_BUILD_URL"']
  const says = `What a deployment would change in ${stop.environment}`
  const made = project(pipe, { name, says, lines, rights: readsStacks(stop.system), tells: ['WORDS', 'LOG'] })
  const configuration = { NotificationArn: topic.ref, CustomData: '#{Diff.WORDS}', ExternalEntityLink: '#{Diff.LOG}' }
  const minutes = Math.floor((stop.approval?.withinMs ?? 0) / 60_000)
  const approval = { ...action('Approve', 'Approval', 'Manual', configuration), runOrder: 2, timeoutInMinutes: minutes }
  return {
    name: `Approve${pascal(stop.environment)}`,
    actions: [{ ...step('Diff', made), namespace: 'Diff' }, approval],
  }
}

/** Images from the environment before; then the stacks. */
function deployed(pipe: Pipe, way: Way, stop: Stop): Action {
  const { environment, system, from } = stop
  const repositories = [from, system].flatMap(each =>
    each ? way.images.map(({ name }) => each.names.service(name)) : [],
  )
  const moving = promotes(way, stop)
  const files = moving.length > 0 ? way.images.map(image => definition(image, system)) : []
  const made = project(pipe, {
    name: `Deploy-${environment}`,
    says: `The stacks of ${way.name} in ${environment}`,
    lines: [...way.images.map(namesTag), ...moving, ...files, ...prepare(way), ...deploysStacks(way, stop)],
    rights: [...deploysEnvironment(system), ...(repositories.length > 0 ? pushesImages(repositories) : [])],
    docker: moving.length > 0,
    ...(files.length > 0 ? { gives: way.images.map(image => `${image.name}/imagedefinitions.json`) } : {}),
  })
  return { ...step('Deploy', made), ...(files.length > 0 ? gives(`Images${pascal(environment)}`) : {}) }
}

/** The file that ECS takes, in a folder of the image's name. */
function definition(image: Image, system: Stop['system']): string {
  return `mkdir -p ${image.name} && (cd ${image.name} && ${imageDefinition(image, system)})`
}

/** New images by ECS; where calls are divided, to the service for what is new. Then the machine that gives it its calls. */
function after({ images }: Way, { system, from, shift }: Stop): readonly Action[] {
  const brought = images.map(image => {
    const ServiceName = shift.by === 'machine' ? newServiceName(system, image.name) : system.names.service(image.name)
    const configuration = {
      ClusterName: system.names.prefix,
      ServiceName,
      FileName: from ? `${image.name}/imagedefinitions.json` : 'imagedefinitions.json',
      DeploymentTimeout: '30',
    }
    const artifact = from ? `Images${pascal(system.environment)}` : imageIn(image, system.environment)
    const bring = action(idOf('Bring', image.name), 'Deploy', 'ECS', configuration)
    return { ...bring, inputArtifacts: [{ name: artifact }], runOrder: 2 }
  })
  if (shift.by !== 'machine') return brought
  const machine = asText(`arn:${partition}:states:${region}:${account}:stateMachine:${releaseName(system)}`)
  const configuration = { StateMachineArn: machine, InputType: 'Literal', Input: '{}' }
  const runOrder = brought.length > 0 ? 3 : 2
  return [...brought, { ...action('Release', 'Invoke', 'StepFunctions', configuration), runOrder }]
}

function imageIn({ name }: Image, environment: string): string {
  return idOf('Image', name, environment)
}

// ---------- actions

function action(name: string, category: string, provider: string, configuration: object): Action {
  const owner = category === 'Source' && provider !== 'CodeStarSourceConnection' ? 'ThirdParty' : 'AWS'
  return { name, actionTypeId: { category, owner, provider, version: '1' }, configuration, runOrder: 1 }
}

function step(name: string, ProjectName: string): Action {
  return { ...action(name, 'Build', 'CodeBuild', { ProjectName }), inputArtifacts: [{ name: 'Source' }] }
}

function gives(name: string): { readonly outputArtifacts: CfnPipeline.OutputArtifactProperty[] } {
  return { outputArtifacts: [{ name }] }
}

function pascal(name: string): string {
  return idOf('', name)
}

// ---------- what it may do

function projectOf(each: unknown): readonly string[] {
  const { configuration } = each as Action
  return 'ProjectName' in (configuration ?? {}) ? [String(configuration.ProjectName)] : []
}

function runs(
  pipe: Pipe,
  connection: string,
  projects: readonly string[],
  topics: readonly CfnTopic[],
): readonly Statement[] {
  const tells: Statement = {
    Sid: 'Asks',
    Effect: 'Allow',
    Action: ['sns:Publish'],
    Resource: topics.map(({ ref }) => ref),
  }
  return [
    { Sid: 'Source', Effect: 'Allow', Action: ['codestar-connections:UseConnection'], Resource: [connection] },
    {
      Sid: 'Steps',
      Effect: 'Allow',
      Action: ['codebuild:BatchGetBuilds', 'codebuild:StartBuild'],
      Resource: projects.map(projectArn),
    },
    ...handsOn(pipe),
    ...(topics.length > 0 ? [tells] : []),
  ]
}

/** The action of ECS makes a task definition of the image, and has the service take it. */
function bringsImages({ stops }: Way): readonly Statement[] {
  const prefixes = stops.map(({ system }) => system.names.prefix)
  const of = (kind: string) =>
    prefixes.map(prefix => asText(`arn:${partition}:ecs:${region}:${account}:${kind}/${prefix}/*`))
  const roles = prefixes.map(prefix => asText(`arn:${partition}:iam::${account}:role/${prefix}-*`))
  return [
    {
      Sid: 'Services',
      Effect: 'Allow',
      Action: ['ecs:DescribeServices', 'ecs:UpdateService'],
      Resource: of('service'),
    },
    { Sid: 'Tasks', Effect: 'Allow', Action: ['ecs:DescribeTasks', 'ecs:TagResource'], Resource: of('task') },
    {
      Sid: 'Definitions',
      Effect: 'Allow',
      // These actions know no resource, but for the first.
      Action: ['ecs:RegisterTaskDefinition', 'ecs:DescribeTaskDefinition', 'ecs:ListTasks'],
      Resource: ['*'],
    },
    {
      Sid: 'Roles',
      Effect: 'Allow',
      Action: ['iam:PassRole'],
      Resource: roles,
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    },
  ]
}

function releasing({ stops }: Way): readonly Statement[] {
  const names = stops.flatMap(({ shift, system }) => (shift.by === 'machine' ? [releaseName(system)] : []))
  return names.map((name, at) => ({ ...startsMachine(name), Sid: `Release${at}` }))
}
