/** Pipelines, as the templates and documents say them; their scripts are run by a real shell. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { account, partition } from '../names.ts'
import type { PolicyDocument } from '../policy.ts'
import { allows } from '../test/evaluator.ts'
import { canary, flowOf, levels, stallFlow } from '../test/flow.ts'
import { builds, imageDefinition, namesTag, variableOf } from './commands.ts'
import { hosted } from './hosted.ts'
import { pipelineFiles } from './synth.ts'
import { type Way, wayOf } from './way.ts'

const run = promisify(execFile)

/** A checkout of the shop in a folder of its own, which goes with it. */
function checkout() {
  const root = mkdtempSync(join(tmpdir(), 'groundplan-pipeline-'))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const files = ['plan.ts', 'client.ts', 'backend/service.ts', 'front/service.ts', 'README.md', 'test/shop.test.ts']
  for (const path of files) write(`systems/shop/${path}`, path)
  for (const name of ['test', 'production']) write(`systems/shop/aws/${name}/CloudFormation-infra.json`, name)
  for (const path of ['web/page.tsx', 'web/test/page.test.tsx', 'groundplan.config.ts', 'package-lock.json'])
    write(path, path)
  return { root, write, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}

async function shell(cwd: string, lines: readonly string[], PATH = process.env.PATH ?? ''): Promise<string> {
  const { stdout } = await run('bash', ['-c', ['set -euo pipefail', ...lines].join('\n')], {
    cwd,
    env: { PATH, AWS_REGION: 'eu-central-1', HOME: cwd },
  })
  return stdout
}

async function tags({ images }: Way, cwd: string): Promise<Readonly<Record<string, string>>> {
  const named = images.map(async image => {
    const tag = await shell(cwd, [namesTag(image), `printf %s "$${variableOf(image)}"`])
    return [image.name, tag] as const
  })
  return Object.fromEntries(await Promise.all(named))
}

describe("C10: a change in one service's folder", () => {
  const way = wayOf(flowOf('containers'))

  it.each([
    ['systems/shop/backend/service.ts', ['backend']],
    ['systems/shop/front/service.ts', ['front']],
    ['web/page.tsx', ['web']],
    ['systems/shop/client.ts', ['front', 'backend', 'web']],
    ['systems/shop/plan.ts', ['front', 'backend']],
    ['package-lock.json', ['front', 'backend', 'web']],
    ['systems/shop/README.md', []],
    ['systems/shop/test/shop.test.ts', []],
    ['systems/shop/backend/new.ts', ['backend']],
    // A new listener of one service is a queue, which those who send must know.
    ['systems/shop/aws/test/CloudFormation-infra.json', ['front', 'backend']],
    ['systems/shop/aws/production/CloudFormation-infra.json', []],
    ['systems/other/plan.ts', []],
  ])('in %s makes another image of %j, and of no other', async (path, expected) => {
    using folder = checkout()
    const before = await tags(way, folder.root)
    folder.write(path, 'changed')
    const after = await tags(way, folder.root)
    const changed = way.images.map(({ name }) => name).filter(name => before[name] !== after[name])
    expect(changed.sort()).toEqual([...expected].sort())
    expect(before.backend).toMatch(/^[0-9a-f]{40}$/)
  })

  it('builds its image and pushes it to its own registry; an image that is there is not built', async () => {
    using folder = checkout()
    const known = await tags(way, folder.root)
    folder.write('systems/shop/backend/service.ts', 'changed')
    // What is not here is the registry and Docker: programs that note what they are called with, and know the images of before.
    const programs = {
      aws: `case "$*" in *describe-images*) case "$*" in ${Object.values(known)
        .map(tag => `*${tag}*`)
        .join('|')}) exit 0;; *) exit 254;; esac;; *get-caller-identity*) echo 111122223333;; esac`,
      docker: 'echo "docker $*" >> "$HOME/calls"',
      npm: ':',
      npx: 'echo "npx $*" >> "$HOME/calls"',
    }
    for (const [name, text] of Object.entries(programs)) folder.write(`bin/${name}`, `#!/bin/sh\n${text}\n`)
    await run('chmod', ['-R', '+x', join(folder.root, 'bin')])
    const PATH = `${folder.root}/bin:${process.env.PATH}`
    for (const image of way.images) {
      const [{ system }] = way.stops
      await shell(
        folder.root,
        [...builds(way, image, system), imageDefinition(image, system), `mv imagedefinitions.json ${image.name}.json`],
        PATH,
      )
    }
    const tag = (await tags(way, folder.root)).backend
    const registry = `111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop-test-backend:${tag}`
    const calls = readFileSync(join(folder.root, 'calls'), 'utf8').trim().split('\n')
    expect(calls.filter(call => !call.includes('login'))).toEqual([
      'npx groundplan compose shop --env test --for-target --out deploy/images',
      `docker build --platform linux/arm64 --file deploy/images/server.Dockerfile --tag ${registry} .`,
      `docker push ${registry}`,
    ])
    // C11: the file that ECS takes names the container and its new image; the others name those that are there.
    const definitions = (name: string) => JSON.parse(readFileSync(join(folder.root, `${name}.json`), 'utf8'))
    expect(definitions('backend')).toEqual([{ name: 'backend', imageUri: registry }])
    expect(definitions('web')[0].imageUri.endsWith(`shop-test-web:${known.web}`)).toBe(true)
  })

  it('starts the pipeline of its system, and a change elsewhere does not', () => {
    const { triggers } = pipelineIn(way.flow)
    const [push] = triggers[0].GitConfiguration.Push
    expect(push.Branches.Includes).toEqual(['main'])
    expect(push.FilePaths.Includes).toEqual(['systems/shop/**', 'web/**', 'groundplan.config.ts', 'package-lock.json'])
  })
})

interface Action {
  readonly Name: string
  readonly ActionTypeId: { readonly Category: string; readonly Provider: string }
  readonly RunOrder: number
  readonly Configuration: Readonly<Record<string, unknown>>
  readonly InputArtifacts?: readonly { readonly Name: string }[]
  readonly TimeoutInMinutes?: number
}

function pipelineIn(flow: Way['flow']) {
  const { Resources } = JSON.parse(pipelineFiles(flow)['CloudFormation-pipeline.json'] ?? '{}')
  const { Stages, Triggers } = Resources.Pipeline.Properties
  const stages: readonly { readonly Name: string; readonly Actions: readonly Action[] }[] = Stages
  const projects: readonly { Properties: { Name: string; Source: { BuildSpec: string } } }[] = Object.values<{
    Type: string
  }>(Resources)
    .filter(({ Type }) => Type === 'AWS::CodeBuild::Project')
    .map(each => each as never)
  return { stages, triggers: Triggers, projects, resources: Resources }
}

describe('CodePipeline', () => {
  const containers = pipelineIn(flowOf('containers'))

  it('C12: deploys to test without approval, and to production after it', () => {
    expect(containers.stages.map(({ Name }) => Name)).toEqual([
      'Source',
      'Build',
      'Test',
      'ApproveProduction',
      'Production',
    ])
    const approvals = containers.stages.flatMap(({ Actions }) =>
      Actions.filter(({ ActionTypeId }) => ActionTypeId.Category === 'Approval'),
    )
    expect(approvals).toHaveLength(1)
    expect(approvals[0]?.TimeoutInMinutes).toBe(1_440)
  })

  it('C11: the person who is asked sees what `groundplan diff` says of what is deployed', () => {
    const approval = containers.stages.find(({ Name }) => Name === 'ApproveProduction')?.Actions
    expect(approval?.map(({ Name }) => Name)).toEqual(['Diff', 'Approve'])
    expect(approval?.[1]?.Configuration).toMatchObject({
      CustomData: '#{Diff.WORDS}',
      ExternalEntityLink: '#{Diff.LOG}',
    })
    const diff = containers.projects.find(({ Properties }) => Properties.Name === 'shop-pipeline-diff-production')
    const spec = JSON.parse(diff?.Properties.Source.BuildSpec ?? '{}')
    expect(spec.env['exported-variables']).toEqual(['WORDS', 'LOG'])
    expect(spec.phases.build.commands[0]).toContain('npx groundplan diff shop --env production --against deployed')
  })

  it('C11: ECS gets the file of each image, after the stacks: in production only after the approval', () => {
    const bring = (stage: string) =>
      containers.stages
        .find(({ Name }) => Name === stage)
        ?.Actions.filter(({ ActionTypeId }) => ActionTypeId.Provider === 'ECS')
        .map(({ Configuration, InputArtifacts }) => [
          Configuration.ServiceName,
          Configuration.FileName,
          InputArtifacts?.[0]?.Name,
        ])
    expect(bring('Test')).toContainEqual(['shop-test-backend', 'imagedefinitions.json', 'ImageBackendTest'])
    expect(bring('Production')).toContainEqual([
      'shop-production-backend',
      'backend/imagedefinitions.json',
      'ImagesProduction',
    ])
    expect(bring('Build')).toEqual([])
  })

  it('C10, C11: of a system that is both builds and brings the image of its container; functions and pages come with the stacks', () => {
    const both = pipelineIn(
      flowOf('functions', undefined, { systems: { shop: { compute: { backend: 'containers' } } } }),
    )
    const names = both.projects.map(({ Properties }) => Properties.Name).filter(name => name.includes('-build-'))
    expect(names).toEqual(['shop-pipeline-build-backend'])
    const brought = both.stages.flatMap(({ Name, Actions }) =>
      Actions.filter(({ ActionTypeId }) => ActionTypeId.Provider === 'ECS').map(
        ({ Configuration }) => `${Name}: ${Configuration.ServiceName}`,
      ),
    )
    expect(brought).toEqual(['Test: shop-test-backend', 'Production: shop-production-backend'])
    const deploy = both.projects.find(({ Properties }) => Properties.Name === 'shop-pipeline-deploy-test')
    const text = JSON.parse(deploy?.Properties.Source.BuildSpec ?? '{}').phases.build.commands[0]
    expect(text).toContain('npx groundplan deploy shop --env test --yes --images "backend=$RUNS_BACKEND"')
  })

  it('takes the very images of test over to production, and builds none there', () => {
    const deploy = containers.projects.find(({ Properties }) => Properties.Name === 'shop-pipeline-deploy-production')
    const text = JSON.parse(deploy?.Properties.Source.BuildSpec ?? '{}').phases.build.commands[0]
    expect(text).toContain(
      'docker tag "$REGISTRY/shop-test-backend:$TAG_BACKEND" "$REGISTRY/shop-production-backend:$TAG_BACKEND"',
    )
    expect(text).not.toContain('docker build')
  })

  it('C13: has the machine give functions their calls, after the stacks', () => {
    const { stages } = pipelineIn(flowOf('functions', levels))
    const [deploy, release] = stages.at(-1)?.Actions ?? []
    expect([deploy?.Name, release?.Name, release?.ActionTypeId.Provider]).toEqual([
      'Deploy',
      'Release',
      'StepFunctions',
    ])
    expect(JSON.stringify(release?.Configuration)).toContain('stateMachine:shop-production-release')
  })

  it('C13: brings new images to the service for what is new, and then has the machine give it its calls', () => {
    const stages = pipelineIn(stallFlow(levels)).stages
    const actions = (stage: string) => stages.find(({ Name }) => Name === stage)?.Actions ?? []
    const bring = (stage: string) =>
      actions(stage).map(({ Name, RunOrder, Configuration }) => [RunOrder, Name, Configuration.ServiceName])
    expect(bring('Production')).toEqual([
      [1, 'Deploy', undefined],
      [2, 'BringStall', 'stall-production-stall_new'],
      [2, 'BringWeb', 'stall-production-web_new'],
      [3, 'Release', undefined],
    ])
    // Test has no levels: ECS brings what is new to what runs.
    expect(bring('Test')).toContainEqual([2, 'BringStall', 'stall-test-stall'])
    expect(stages.findIndex(({ Name }) => Name === 'ApproveProduction')).toBe(stages.length - 2)
  })

  it('has no step whose script a shell cannot read', async () => {
    for (const { Properties } of [...containers.projects, ...pipelineIn(flowOf('functions', levels)).projects]) {
      const text: string = JSON.parse(Properties.Source.BuildSpec).phases.build.commands[0]
      await expect(run('bash', ['-n', '-c', text]), Properties.Name).resolves.toBeDefined()
    }
  })
})

describe('C13: a canary of one level', () => {
  it('is moved by CodeDeploy: the aliases wait for it, and an alarm rolls it back', async () => {
    const target = flowOf('functions', canary).stages.at(-1)
    if (target?.kind !== 'deploy') throw new Error('it deploys')
    const files = await target.target.files(flowOf('functions').plan, 'production')
    const { Resources } = JSON.parse(files['CloudFormation-application.json'] ?? '{}')
    expect(Resources.LiveBackend.UpdatePolicy.CodeDeployLambdaAliasUpdate.DeploymentGroupName).toEqual({
      Ref: 'CanaryBackend',
    })
    expect(Resources.CanaryLevel.Properties.TrafficRoutingConfig).toEqual({
      Type: 'TimeBasedCanary',
      TimeBasedCanary: { CanaryInterval: 10, CanaryPercentage: 10 },
    })
    const { AlarmConfiguration, AutoRollbackConfiguration } = Resources.CanaryBackend.Properties
    const alarms = new Set(
      Object.values<{ Properties: { AlarmName?: string } }>(Resources).map(({ Properties }) => Properties.AlarmName),
    )
    expect(AlarmConfiguration.Alarms.length).toBeGreaterThan(0)
    for (const { Name } of AlarmConfiguration.Alarms) expect(alarms).toContain(Name)
    expect(AutoRollbackConfiguration).toMatchObject({
      Enabled: true,
      Events: expect.arrayContaining(['DEPLOYMENT_STOP_ON_ALARM']),
    })
    expect(Resources.Release).toBeUndefined()
  })

  it.each([
    [
      'levels that fall',
      'functions',
      [
        { percent: 50, for: '1 hour' },
        { percent: 10, for: '1 hour' },
      ],
      /10 percent after 50/,
    ],
    ['parts of minutes', 'functions', [{ percent: 50, for: '1.5 minutes' }], /whole minutes/],
    [
      'levels of several services as containers',
      'containers',
      [{ percent: 50, for: '1 hour' }],
      /runs as containers: levels are given to functions, or to one service alone that a gateway leads to/,
    ],
  ] as const)('refuses %s with words', (_, compute, traffic, words) => {
    expect(() => wayOf(flowOf(compute, traffic as never))).toThrow(words)
  })

  it("refuses an environment that wants another's approval, and an approval at the end", () => {
    expect(() => wayOf(flowOf('functions', undefined, { approval: 'another' }))).toThrow(
      /put an approval before its stage/,
    )
    const flow = flowOf('functions')
    expect(() => wayOf({ ...flow, stages: flow.stages.slice(0, 2) })).toThrow(/nothing is deployed/)
  })
})

describe('G8: GitHub Actions and CircleCI', () => {
  const flow = flowOf('containers')
  const github = hosted([flow], 'github')['.github/workflows/shop.yml'] as Workflow
  const circle = hosted([flow], 'circleci')['.circleci/config.yml'] as Circle

  it('a merge deploys to test, and to production when a reviewer of its environment agreed to what was shown', () => {
    const { jobs } = github
    expect(Object.keys(jobs)).toEqual([
      'check',
      'build-front',
      'build-backend',
      'build-web',
      'deploy-test',
      'diff-production',
      'deploy-production',
    ])
    expect(jobs['deploy-test']).toMatchObject({
      environment: 'shop-test',
      needs: ['check', 'build-front', 'build-backend', 'build-web'],
    })
    expect(jobs['deploy-production']).toMatchObject({ environment: 'shop-production', needs: ['diff-production'] })
    // What shows the change waits for nobody.
    expect(jobs['diff-production']).toMatchObject({ environment: 'shop-production-diff', needs: ['deploy-test'] })
  })

  it('CircleCI waits for a person before production alone', () => {
    const rows = circle.workflows.shop?.jobs ?? []
    const waits = rows
      .flatMap(row => (typeof row === 'string' ? [] : Object.entries(row)))
      .filter(([, { type }]) => type === 'approval')
    expect(waits.map(([name]) => name)).toEqual(['shop-approve-production'])
    expect(JSON.stringify(rows.at(-1))).toContain('"requires":["shop-approve-production"]')
  })

  it('a change that is only proposed is checked without any credentials', () => {
    expect(github.jobs.check?.permissions).toEqual({ contents: 'read' })
    const others = Object.entries(github.jobs).filter(([name]) => name !== 'check')
    for (const [name, job] of others) expect(job.if, name).toBe("github.event_name == 'push'")
  })

  it('no key is stored: roles are taken on for the tokens of the job', () => {
    for (const text of [JSON.stringify(github), JSON.stringify(circle)]) {
      expect(text).not.toMatch(/secrets\.|SECRET_ACCESS_KEY|ACCESS_KEY_ID|\d{12}(?!\d)(?=:role)/)
    }
    expect(JSON.stringify(circle)).toContain('CIRCLE_OIDC_TOKEN_V2')
    const access = JSON.parse(pipelineFiles(flow)['CloudFormation-access-production.json'] ?? '{}').Resources
    const [ofGithub, ofCircle] = access.Deploy.Properties.AssumeRolePolicyDocument.Statement
    expect(ofGithub.Condition.StringEquals['token.actions.githubusercontent.com:sub']).toBe(
      'repo:example/shop:environment:shop-production',
    )
    expect(ofCircle.Condition.StringLike['oidc.circleci.com/org/organization-id:sub']).toBe(
      'org/organization-id/project/project-id/user/*/vcs-origin/github.com/example/shop/vcs-ref/refs/heads/main',
    )
  })

  it('the role that shows a change may read templates, and nothing else', () => {
    const access = JSON.parse(pipelineFiles(flow)['CloudFormation-access-production.json'] ?? '{}').Resources
    expect(
      access.Diff.Properties.Policies[0].PolicyDocument.Statement.map(({ Action }: { Action: unknown }) => Action),
    ).toEqual([['cloudformation:GetTemplate']])
  })

  it('the role that deploys may change roles of its environment, and not itself', () => {
    const access = JSON.parse(pipelineFiles(flow)['CloudFormation-access-production.json'] ?? '{}').Resources
    const statements: readonly { Action: readonly string[]; Resource: unknown }[] =
      access.Deploy.Properties.Policies[0].PolicyDocument.Statement
    const onRoles = statements.filter(({ Action }) => Action.some(each => each.startsWith('iam:')))
    expect(onRoles.map(({ Resource }) => Resource)).toEqual([
      [{ 'Fn::Sub': `arn:${partition}:iam::${account}:role/shop-production-*` }],
    ])
    expect(access.Deploy.Properties.RoleName).toBe('pipeline-shop-production-deploy')
  })

  it('the role that deploys may fill the bucket of a site, whose name CloudFormation gives', () => {
    const { Deploy } = JSON.parse(pipelineFiles(flow)['CloudFormation-access-production.json'] ?? '{}').Resources
    const files = 'arn:aws:s3:::shop-production-application-sitefiles-1a2b3c'
    const may = (action: string, arn: string) => allows(Deploy.Properties.Policies[0].PolicyDocument, { action, arn })
    expect(may('s3:PutObject', `${files}/_next/static/one.js`)).toBe(true)
    expect(may('s3:ListBucket', files)).toBe(true)
    expect(may('s3:PutObject', 'arn:aws:s3:::shop-test-application-sitefiles-1a2b3c/one.js')).toBe(false)
  })

  it('the roles that deploy may put what is asked for where it is asked for, and cannot agree to it', () => {
    const { Deploy } = JSON.parse(pipelineFiles(flow)['CloudFormation-access-production.json'] ?? '{}').Resources
    const { RoleDeployProduction } = pipelineIn(flow).resources
    const there = 'arn:aws:s3:::shop-example-org-production-groundplan-deployments/deployments/0f1e'
    for (const role of [Deploy, RoleDeployProduction]) {
      const policies: readonly { PolicyDocument: PolicyDocument }[] = role.Properties.Policies
      const may = (action: string, file: string) =>
        policies.some(({ PolicyDocument }) => allows(PolicyDocument, { action, arn: `${there}/${file}.json` }))
      expect(may('s3:PutObject', 'asked')).toBe(true)
      expect(may('s3:GetObject', 'approved')).toBe(true)
      expect(may('s3:PutObject', 'approved')).toBe(false)
      expect(may('s3:DeleteObject', 'approved')).toBe(false)
    }
  })

  it('has no script that a shell cannot read', async () => {
    const scripts = [...JSON.stringify([github, circle]).matchAll(/"(?:run|command)":("(?:[^"\\]|\\.)*")/g)].map(
      ([, text]) => JSON.parse(text ?? ''),
    )
    expect(scripts.length).toBeGreaterThan(10)
    for (const text of scripts) await expect(run('bash', ['-n', '-c', text]), text).resolves.toBeDefined()
  })
})

interface Workflow {
  readonly jobs: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

interface Circle {
  readonly workflows: Readonly<
    Record<string, { readonly jobs: readonly (string | Readonly<Record<string, { readonly type?: string }>>)[] }>
  >
}
