/** The files of the self-hosted form, held to what others wrote down: the Compose specification and Docker's own rules. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DCLinter } from 'dclint'
import { validate } from 'dockerfile-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { composeFiles } from './compose-files.ts'
import type { HostedProject } from './project.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'groundplan-files-'))
  folders.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

function textsOf(project: HostedProject, folder = 'deploy/compose'): Readonly<Record<string, string>> {
  return Object.fromEntries(composeFiles(project, folder).map(({ path, text }) => [path, text]))
}

const counter = {
  name: 'counter',
  files: ['systems/counter/plan.ts', 'systems/counter/model.ts'],
  variables: ['COUNTER_GREETING'],
}

const plans = { counter: './systems/counter/plan.ts', storefront: './systems/storefront/plan.ts' }

/** This repository: workspaces, a build of its own, pages. */
const ours: HostedProject = {
  root: repository,
  configFile: 'groundplan.config.ts',
  systems: [counter],
  plans,
  web: 'web',
}

/** A project as `groundplan init` writes it: one package, no build, no pages. */
function plain(): HostedProject {
  const manifest = {
    name: '@shop/Guest Book',
    dependencies: { groundplan: '^0.1.0' },
    scripts: { start: 'groundplan start' },
  }
  const lock = { lockfileVersion: 3, packages: { '': manifest, 'node_modules/groundplan': { version: '0.1.0' } } }
  const root = folderOf({
    'package.json': JSON.stringify(manifest),
    'package-lock.json': JSON.stringify(lock),
    'tsconfig.json': '{}',
  })
  const guests = { name: 'guests', files: ['systems/guests/plan.ts', 'shared/names.ts'], variables: [] }
  return { root, configFile: 'groundplan.config.ts', systems: [guests], plans: { guests: './systems/guests/plan.ts' } }
}

/** What the linter gives for a file. */
interface Found {
  readonly messages: readonly { readonly rule: string; readonly message: string; readonly line: number }[]
}

/** What the linter says of a text: the Compose specification's schema first, then its own rules. */
function lint(text: string): readonly string[] {
  const folder = folderOf({ 'docker-compose.yml': text })
  // Our order is that of a reader: who listens first, then what it stands before.
  const orders = ['service-keys-order', 'services-alphabetical-order', 'service-dependencies-alphabetical-order']
  const rules = Object.fromEntries(orders.map(rule => [rule, 0 as const]))
  const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] })
  const found: readonly Found[] = linter.lintFiles([join(folder, 'docker-compose.yml')], false)
  return found.flatMap(({ messages }) => messages.map(({ rule, message, line }) => `${line} ${rule}: ${message}`))
}

describe('the Compose files', () => {
  it.each(['docker-compose.yml', 'docker-compose.dev.yml'])(
    'C6 C8: %s is what the Compose specification allows',
    file => {
      for (const project of [ours, plain()]) expect(lint(textsOf(project)[file] ?? '')).toEqual([])
    },
  )

  it('C6: a file that is not would be found: the check bites', () => {
    const text = textsOf(ours)['docker-compose.yml'] ?? ''
    expect(lint(text.replace('stop_grace_period: 10s', 'stop_grace: 10s')).join()).toContain('invalid-schema')
    expect(lint(text.replace('condition: service_healthy', 'condition: well')).length).toBeGreaterThan(0)
    expect(lint(text.replace('nginx:1.28-alpine', 'nginx:latest')).length).toBeGreaterThan(0)
  })

  it('C6: every container is confined, checked and stopped in time; nginx alone is reached from outside', () => {
    const { services } = parse(textsOf(ours)['docker-compose.yml'] ?? '')
    expect(Object.keys(services)).toEqual(['nginx', 'server', 'web'])
    for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
      expect([name, service]).toEqual([
        name,
        expect.objectContaining({
          ...{ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
          ...{ stop_grace_period: '10s', restart: 'unless-stopped' },
        }),
      ])
      expect([name, service.privileged, service.network_mode, service.ports !== undefined]).toEqual([
        ...[name, undefined, undefined, name === 'nginx'],
      ])
    }
    expect(services.nginx.ports).toEqual([expect.stringMatching(/PORT:-80}:8080$/)])
  })

  it('an image for engines elsewhere trusts the certificates by which these are known, and no others', () => {
    const engines = {
      packages: [],
      imports: {},
      engines: ['aws({})'],
      certificates: 'https://trust.example.org/all.pem',
    }
    const { 'server.Dockerfile': text = '' } = textsOf({ ...ours, engines })
    expect(validate(text)).toEqual([])
    expect(text).toContain('\nADD --chmod=0444 https://trust.example.org/all.pem /etc/ssl/engines.pem\n')
    expect(text).toContain('\nENV NODE_EXTRA_CA_CERTS=/etc/ssl/engines.pem\n')
    const { certificates: _, ...without } = engines
    expect(textsOf({ ...ours, engines: without })['server.Dockerfile']).not.toMatch(/ADD|NODE_EXTRA_CA_CERTS/)
  })

  it('C6: the master key and the secrets come from outside; none of them is in a file', () => {
    const texts = textsOf(ours)
    const { services, secrets } = parse(texts['docker-compose.yml'] ?? '')
    expect(secrets['master-key'].file).toContain('GROUNDPLAN_MASTER_KEY_FILE')
    expect(services.server.environment).toEqual({
      GROUNDPLAN_MASTER_KEY_FILE: '/run/secrets/master-key',
      COUNTER_GREETING: null, // handed on, where somebody set it
    })
    expect(services.web.environment).toEqual({ GROUNDPLAN_ADDRESS: 'http://server:7400' })
    expect(services.web.secrets).toBeUndefined()
    expect(Object.values(texts).join('\n')).not.toMatch(/[0-9a-f]{64}|password/i)
    expect(texts['.gitignore']).toMatch(/^\.env$[\s\S]*^master\.key$/m)
  })

  it('C8: development mounts the sources over the packages of the image, which are anew after a stop', () => {
    const texts = textsOf(ours)
    const { services } = parse(texts['docker-compose.dev.yml'] ?? '')
    expect(services.server.volumes.slice(0, 2)).toEqual(['../..:/app', 'dev-data:/data'])
    // Without a name: a volume of that container, filled from the image that it is made of.
    expect(services.server.volumes).toContain('/app/node_modules')
    expect(
      services.server.volumes.slice(2).every((volume: string) => /^\/app\/(?:[\w/-]+\/)?node_modules$/.test(volume)),
    ).toBe(true)
    expect(texts['dev.Dockerfile']).toContain('ENTRYPOINT ["npm","run","dev","--"]')
  })
})

describe('the images', () => {
  const dockerfiles = (project: HostedProject) =>
    Object.entries(textsOf(project)).filter(([path]) => path.endsWith('Dockerfile'))

  it('C6: Docker understands their files', () => {
    for (const project of [ours, plain()]) {
      for (const [path, text] of dockerfiles(project)) expect([path, validate(text)]).toEqual([path, []])
    }
    expect(validate('FROM node:24-slim\nCOPPY . .\n'), 'the check bites').toHaveLength(1)
  })

  it('C6: they are made in two stages, run without rights, and say whether they are well', () => {
    for (const [path, text] of dockerfiles(ours)) {
      if (path === 'dev.Dockerfile') continue
      const [, build = '', last = ''] = text.split(/^FROM /m)
      expect([path, build.startsWith('node:24-slim AS build'), last.startsWith('node:24-slim\n')]).toEqual([
        path,
        true,
        true,
      ])
      expect(last).toMatch(/^USER 1000:1000$/m)
      expect(last).toMatch(/^HEALTHCHECK .*CMD \["node"/m)
      expect(last).not.toMatch(/^RUN|^ADD|^COPY (?!--from=build)/m)
    }
  })

  it('C6: the systems of others, and what is secret, are never sent to a build', () => {
    const ignored = textsOf(ours)['server.Dockerfile.dockerignore']?.split('\n') ?? []
    for (const path of ['**/.env', '.git', '**/node_modules', 'systems/storefront', 'web', 'bench', 'deploy/compose']) {
      expect(ignored).toContain(path)
    }
    for (const path of ['systems/counter', 'framework', 'scripts']) expect(ignored).not.toContain(path)
  })

  it('C6: a project of one package gets its files, without a build it does not have', () => {
    const texts = textsOf(plain())
    expect(texts['web.Dockerfile']).toBeUndefined()
    const server = texts['server.Dockerfile'] ?? ''
    expect(server).not.toContain('npm run build')
    expect(server).toContain('RUN npm ci --ignore-scripts --no-audit --no-fund\n')
    expect(server).toMatch(/^COPY --from=build \/app\/systems\/guests systems\/guests$/m)
    expect(server).toMatch(/^COPY --from=build \/app\/shared shared$/m)
    expect(texts['nginx.conf']).not.toContain('upstream pages')
    expect(parse(texts['docker-compose.yml'] ?? '').name).toBe('shop-guest-book')
  })

  it('asks for package-lock.json, by which they install', () => {
    const project = { ...plain(), root: folderOf({ 'package.json': '{}' }) }
    expect(() => composeFiles(project, 'deploy')).toThrow(/npm install writes it/)
  })
})

it('leads back to the project from wherever the files are', () => {
  const { services } = parse(textsOf(ours, 'systems/counter/hosted')['docker-compose.yml'] ?? '')
  expect(services.server.build).toEqual({
    context: '../../..',
    dockerfile: 'systems/counter/hosted/server.Dockerfile',
  })
})
