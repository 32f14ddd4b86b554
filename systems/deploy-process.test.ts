/**
 * The command itself, as it is installed, in a process of its own: counter goes up on moto, waits for its images, runs, and
 * is taken away again. CloudFormation's change sets and events are played before moto.
 */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { relative } from 'node:path'
import { promisify } from 'node:util'
import { ECRClient, PutImageCommand } from '@aws-sdk/client-ecr'
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { allOf, credentials } from '../drivers/aws/src/test/engines.ts'
import { program } from '../framework/src/cli/test/process.ts'
import { repository, type TestProject, testProject } from '../framework/src/cli/test/project.ts'
import { cloudFormationBefore, type StandIn } from '../targets/aws/src/test/cloudformation.ts'

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 })

const region = 'eu-central-1'
const environment = `c${randomUUID().slice(0, 6)}`
const domain = `${environment}.example.org`

const build = `
import { compile, dueBuilds } from './scripts/lib/builds.mjs'
const needed = ['framework', 'drivers/s3', 'drivers/postgres', 'drivers/aws', 'targets/aws']
for (const each of dueBuilds('.')) if (needed.includes(each.folder)) await compile('.', each)`

/** Counter, by this repository's own plan, in an environment of this test's own. */
const config = (root: string) => `import { aws, smallest } from '@groundplan/aws-target'
import { config } from 'groundplan/config'
export default config({
  systems: { counter: ${JSON.stringify(`${relative(root, repository)}/systems/counter/plan.ts`)} },
  environments: {
    ${environment}: {
      target: aws({
        region: '${region}', domain: '${domain}', operations: 'o@example.org', costOwner: 'shop',
        sizes: smallest, compute: 'containers',
      }),
    },
  },
})
`

const manifest = (of: string) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: of.length,
      digest: `sha256:${of.repeat(64)}`,
    },
    layers: [],
  })

interface Ran {
  readonly code: number
  readonly said: string
  readonly complained: string
}

await allOf(['moto'], moto => {
  let there: StandIn
  let project: TestProject
  const sdk = () => ({ region, endpoint: there.endpoint, credentials })

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', build], { cwd: repository })
    there = await cloudFormationBefore(moto.endpoint)
    project = testProject({})
    project.write('groundplan.config.ts', config(project.root))
    const zones = new Route53Client(sdk())
    await zones.send(new CreateHostedZoneCommand({ Name: domain, CallerReference: domain }))
  })
  afterAll(async () => {
    await there.close()
    project[Symbol.dispose]()
  })

  function command(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const variables = {
      AWS_ENDPOINT_URL: there.endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nowhere',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    }
    const env = { PATH: process.env.PATH ?? '', CI: '1', ...variables, ...more }
    return new Promise(resolve => {
      const options = { cwd: project.root, env, maxBuffer: 1e8 }
      execFile(process.execPath, [program, ...args, '--env', environment], options, (error, said, complained) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, said, complained }),
      )
    })
  }

  describe('C9: groundplan deploy in a process of its own', () => {
    it('says what to do where there are no credentials', async () => {
      const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
      const { code, complained } = await command(['deploy', 'counter', '--yes'], none)
      expect(code).toBe(1)
      expect(complained).toContain('error There are no credentials for AWS here')
      expect(complained).toContain('→ log in: aws sso login')
    })

    it('brings counter up, waits for its images, runs them, and takes everything away', async () => {
      const first = await command(['deploy', 'counter', '--yes'])
      expect(first.said).toContain(`+ makes table counter-${environment}-stock`)
      expect(first.complained).toMatch(new RegExp(`infra +made table counter-${environment}-stock`))
      expect(first.complained).toContain(`counter-${environment}-server:<tag>`)
      expect(first.code).toBe(5)

      const registry = new ECRClient(sdk())
      for (const [container, letter] of [
        ['server', 'a'],
        ['web', 'b'],
      ] as const) {
        const repositoryName = `counter-${environment}-${container}`
        await registry.send(
          new PutImageCommand({ repositoryName, imageTag: '4f2c1a9', imageManifest: manifest(letter) }),
        )
      }
      const second = await command(['deploy', 'counter', '--images', '4f2c1a9', '--yes', '--json'])
      const lines = second.said
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
      expect(lines[0]).toMatchObject({ event: 'plan', system: 'counter', approval: 'oneself' })
      expect(lines.at(-1)).toMatchObject({ event: 'ended', end: 'done', addresses: [`https://counter.${domain}`] })
      expect([second.code, there.stack(`counter-${environment}-application`)?.status]).toEqual([0, 'CREATE_COMPLETE'])

      const unnamed = await command(['destroy', 'counter'])
      expect(unnamed.code).toBe(4)
      const line = /--with (\S+)/.exec(unnamed.complained)?.[1] ?? ''
      expect(line.split(',')).toContain('stock')
      const gone = await command(['destroy', 'counter', '--with', line, '--confirm', environment])
      expect(gone.code).toBe(0)
      expect(there.stack(`counter-${environment}-infra`)).toBeUndefined()
    })
  })
})
