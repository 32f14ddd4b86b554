/**
 * The Compose files: nginx before the systems and the pages, each in a container that may do nothing but its work; and the
 * same address for development, with the sources mounted.
 */
import { Document, isMap, isScalar, type Node } from 'yaml'
import { serverCommand, serverPort, webPort } from './dockerfiles.ts'
import { nginxHealth, nginxPort } from './nginx.ts'
import type { HostedProject, Packages } from './project.ts'

/** Where a file is written, from the project's folder, and the way back. */
export interface Out {
  readonly folder: string
  readonly back: string
}

const nginxImage = 'nginx:1.28-alpine'
const address = `\${GROUNDPLAN_URL:-http://localhost}`

/** What every container has in common. */
const confined = {
  init: true,
  read_only: true,
  tmpfs: ['/tmp'],
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  restart: 'unless-stopped',
  logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
} as const

export function composeYaml(project: HostedProject, packages: Packages, out: Out): string {
  const { web } = project
  const server = {
    build: { context: out.back, dockerfile: `${out.folder}/server.Dockerfile` },
    command: serverCommand(project, address),
    environment: serverEnvironment(project),
    secrets: ['master-key'],
    volumes: ['data:/data'],
    stop_grace_period: '10s',
    ...confined,
  }
  const services = {
    nginx: nginxService('./nginx.conf', web === undefined ? ['server'] : ['server', 'web']),
    server,
    ...(web === undefined ? {} : { web: webService(web, out) }),
  }
  const file = {
    name: packages.project,
    services,
    volumes: { data: {} },
    secrets: { 'master-key': { file: `\${GROUNDPLAN_MASTER_KEY_FILE:-./master.key}` } },
  }
  return written(file, head('make build, make run, make stop.'), {
    'services.server.environment':
      'A name without a value is handed on from the environment, or from .env beside this file.',
    'services.server.volumes': 'All that the systems keep. A copy of it and of the master key is what a backup needs.',
    'services.server.stop_grace_period': 'What runs may finish for 8.5 seconds; it has ended within 10.',
    'secrets.master-key':
      'Made once, by you, and kept elsewhere too: README.md says how. Never in an image, never in a variable.',
  })
}

function nginxService(conf: string, before: readonly string[]) {
  return {
    image: nginxImage,
    user: '101:101',
    ports: [`0.0.0.0:\${GROUNDPLAN_PORT:-80}:${nginxPort}`],
    volumes: [`${conf}:/etc/nginx/nginx.conf:ro`],
    depends_on: Object.fromEntries(before.map(name => [name, { condition: 'service_healthy', restart: true }])),
    healthcheck: {
      test: ['CMD', 'wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${nginxPort}${nginxHealth}`],
      ...{ interval: '5s', timeout: '3s', retries: 3 },
    },
    stop_signal: 'SIGQUIT',
    stop_grace_period: '10s',
    ...confined,
  }
}

function serverEnvironment({ systems }: HostedProject): Readonly<Record<string, string | null>> {
  const names = systems.flatMap(({ variables }) => variables)
  return {
    GROUNDPLAN_MASTER_KEY_FILE: '/run/secrets/master-key',
    ...Object.fromEntries(names.map(name => [name, null])),
  }
}

function webService(web: string, out: Out) {
  return {
    build: { context: out.back, dockerfile: `${out.folder}/web.Dockerfile` },
    environment: { GROUNDPLAN_ADDRESS: `http://server:${serverPort}` },
    depends_on: { server: { condition: 'service_healthy' } },
    stop_grace_period: '10s',
    ...confined,
    tmpfs: ['/tmp', `/app/${web}/.next/cache`],
  }
}

/** Where the pages listen, as nginx asks for them. */
export const upstreams = { systems: `server:${serverPort}`, pages: `web:${webPort}` } as const

// ---------- development

export function devYaml(project: HostedProject, packages: Packages, out: Out): string {
  const names = project.systems.map(({ name }) => name)
  const server = {
    build: { context: out.back, dockerfile: `${out.folder}/dev.Dockerfile` },
    command: [
      ...names,
      '--host',
      '0.0.0.0',
      '--port',
      String(serverPort),
      '--data',
      '/data',
      '--proxies',
      '1',
      '--url',
      address,
    ],
    user: `\${GROUNDPLAN_USER:-1000:1000}`,
    environment: { HOME: '/tmp', ...Object.fromEntries(variablesOf(project)) },
    volumes: [`${out.back}:/app`, 'dev-data:/data', ...packages.modules.map(folder => `/app/${folder}`)],
    healthcheck: {
      test: [
        'CMD',
        'node',
        '-e',
        `fetch('http://127.0.0.1:${serverPort}/api/-/systems').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`,
      ],
      ...{ interval: '5s', timeout: '3s', retries: 3, start_period: '300s' },
    },
    init: true,
    stop_grace_period: '10s',
  }
  const file = {
    name: `${packages.project}-dev`,
    services: { nginx: nginxService('./nginx.dev.conf', ['server']), server },
    volumes: { 'dev-data': {} },
  }
  return written(file, head('Development: make run DEV=1; after a new dependency: make stop build run DEV=1.'), {
    'services.server.user': 'Whoever owns the sources: what is built beside them is theirs.',
    'services.server.volumes': "The sources, and over them the image's packages: anew with each `make stop run`.",
  })
}

function variablesOf({ systems }: HostedProject): readonly (readonly [string, null])[] {
  return systems.flatMap(({ variables }) => variables.map(name => [name, null] as const))
}

// ---------- text

function head(how: string): string {
  return ` Written by \`groundplan compose\`. ${how}\n Edit it: what was edited is not overwritten.`
}

/** As YAML, with comments above some of it. */
function written(file: object, before: string, comments: Readonly<Record<string, string>>): string {
  const document = new Document(file, { aliasDuplicateObjects: false })
  document.commentBefore = before
  for (const [path, comment] of Object.entries(comments)) keyAt(document, path.split('.')).commentBefore = ` ${comment}`
  quotePorts(document)
  spaceOut(document)
  return document.toString({ lineWidth: 0, nullStr: '' })
}

/** The key at a path, which is there. */
function keyAt(document: Document, path: readonly string[]): Node {
  const map = document.getIn(path.slice(0, -1), true)
  const pair = isMap(map) ? map.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined
  if (!pair || !isScalar(pair.key)) throw new Error(`There is no ${path.join('.')}`)
  return pair.key
}

/** A line between services, and between the parts of the file. */
function spaceOut(document: Document): void {
  for (const map of [document.contents, document.get('services')]) {
    for (const { key } of isMap(map) ? map.items.slice(1) : []) if (isScalar(key)) key.spaceBefore = true
  }
}

/** Without quotes YAML may take what looks like a port for a number. */
function quotePorts(document: Document): void {
  const port = document.getIn(['services', 'nginx', 'ports', 0], true)
  if (isScalar(port)) port.type = 'QUOTE_SINGLE'
}
