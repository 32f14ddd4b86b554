/**
 * The images: of the systems, of the pages, and one for development. Each is built in two steps, of which the second
 * takes only what runs: no sources of others, no tools, nothing that its user may write.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type HostedProject, type OwnPackage, outermost, type Packages, sourceFolders } from './project.ts'

export const serverPort = 7400
export const webPort = 3000

/** The command line, as it stands in an image. */
export const program = ['node', 'node_modules/groundplan/bin/groundplan.js'] as const

/** What the systems' container runs. */
export function serverCommand({ systems }: HostedProject, url?: string): readonly string[] {
  const names = systems.map(({ name }) => name)
  const where = ['--host', '0.0.0.0', '--port', String(serverPort), '--data', '/data']
  return ['start', ...names, '--no-web', ...where, '--proxies', '1', ...(url ? ['--url', url] : []), '--json']
}

// ---------- the systems

export function serverDockerfile(project: HostedProject, packages: Packages, folder: string): string {
  const sources = [...new Set(project.systems.flatMap(system => sourceFolders(packages, system)))]
  const needed = packages.neededBy(rootsOf(project, packages))
  const names = project.systems.map(({ name }) => name)
  return `${fileHead(`The systems: ${names.join(', ')}`)}
${buildStage(project, packages, needed)}
COPY ${folder}/${systemsConfig} ${project.configFile}
${buildStep(packages)}
# Checks the plans, and leaves them bundled: nothing is built when it starts.
RUN ${program.join(' ')} check ${names.join(' ')}
# From here on without the tools.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund${installed(needed)} && install -d -o ${user} -g ${user} -m 0700 /data

${runStage}
COPY --from=build --chown=${user}:${user} /data /data
COPY --from=build /app/node_modules node_modules
COPY --from=build ${rootFiles(project)} ./
${copies(needed, sources)}
COPY --from=build /app/.groundplan/build .groundplan/build
USER ${user}:${user}
VOLUME /data${project.engines ? `\nENV GROUNDPLAN_ENV=${there}` : ''}${trusted(project)}
EXPOSE ${serverPort}
${healthCheck(`http://127.0.0.1:${serverPort}/`, 'ok', 60)}
ENTRYPOINT ${JSON.stringify(program)}
CMD ${JSON.stringify(serverCommand(project))}
`
}

/** Engines that are known by certificates of their own: these are fetched when the image is built. */
function trusted({ engines }: HostedProject): string {
  if (engines?.certificates === undefined) return ''
  const file = '/etc/ssl/engines.pem'
  return `\nADD --chmod=0444 ${engines.certificates} ${file}\nENV NODE_EXTRA_CA_CERTS=${file}`
}

/** The packages that the systems and their engines are in; the root's is `''`. */
export function rootsOf({ systems, engines }: HostedProject, packages: Packages): readonly string[] {
  const engineFolders = (engines?.packages ?? []).flatMap(name => packages.named(name)?.folder ?? [])
  return [...systems.flatMap(({ files }) => files.map(file => packages.of(file).folder)), ...engineFolders]
}

/** Whole folders of the systems; of packages that they need, what these publish. */
function copies(needed: readonly OwnPackage[], sources: readonly string[]): string {
  const published = needed
    .filter(({ folder }) => folder !== '' && !sources.includes(folder))
    .flatMap(({ folder, files }) =>
      files ? [`${folder}/package.json`, ...files.map(file => `${folder}/${file}`)] : [folder],
    )
  return outermost([...sources, ...published])
    .map(path => `COPY --from=build /app/${path} ${path}`)
    .join('\n')
}

function rootFiles({ root, configFile }: HostedProject): string {
  return ['package.json', 'tsconfig.json', configFile]
    .filter(file => existsSync(join(root, file)))
    .map(file => `/app/${file}`)
    .join(' ')
}

// ---------- the pages

export function webDockerfile(project: HostedProject, packages: Packages, web: string): string {
  const needed = packages.neededBy([packages.of(`${web}/package.json`).folder])
  const built = `${web}/.next/standalone`
  const hasPublic = existsSync(join(project.root, web, 'public'))
  return `${fileHead(`The pages: ${web}`)}
${buildStage(project, packages, needed)}
# Next leaves a server with the packages that it needs, and no more.
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 NEXT_PRIVATE_STANDALONE=1
${buildStep(packages)}
RUN test -d ${built} || (cd ${web} && npx --no-install next build)

${runStage}
ENV NEXT_TELEMETRY_DISABLED=1 HOSTNAME=0.0.0.0 PORT=${webPort} KEEP_ALIVE_TIMEOUT=65000
COPY --from=build /app/${built} ./
COPY --from=build /app/${web}/.next/static ${web}/.next/static
${hasPublic ? `COPY --from=build /app/${web}/public ${web}/public\n` : ''}USER ${user}:${user}
EXPOSE ${webPort}
${healthCheck(`http://127.0.0.1:${webPort}/`, 'status < 500', 30)}
CMD ${JSON.stringify(['node', `${web}/server.js`])}
`
}

// ---------- development

/** Packages alone: the sources are mounted, and what is saved is taken in. */
export function devDockerfile(packages: Packages): string {
  const command = packages.scripts.has('dev') ? ['npm', 'run', 'dev', '--'] : [...program, 'dev']
  return `${fileHead('For development: the packages; the sources are mounted over them')}
FROM ${image}
WORKDIR /app
COPY . .
RUN npm ci --ignore-scripts --no-audit --no-fund && install -d -m 0777 /data
ENV NEXT_TELEMETRY_DISABLED=1
EXPOSE ${serverPort}
ENTRYPOINT ${JSON.stringify(command)}
`
}

/** Of a project, the files that say which packages there are. */
export const devIgnore = `# Manifests alone: an image for development is built anew when a dependency changed, and only then.
**
!**/package.json
!package-lock.json
!.npmrc
${['**/node_modules', '**/.next', '**/.groundplan', '**/dist'].join('\n')}
`

// ---------- what they share

const image = 'node:24-slim'

/** The user `node` of that image: as a number, whoever runs it can see that it is not root. */
const user = 1000

function fileHead(what: string): string {
  return `# Written by \`groundplan compose\`. ${what}.
# Edit it: what was edited is not overwritten.`
}

/** Packages first: they are installed again only when a manifest changed. */
function buildStage({ root }: HostedProject, packages: Packages, needed: readonly OwnPackage[]): string {
  const rootFolder = ['package.json', 'package-lock.json', '.npmrc'].filter(file => existsSync(join(root, file)))
  const others = needed.filter(({ folder }) => folder !== '').map(({ folder }) => folder)
  const which = packages.workspaces.length > 0 ? `${installed(needed)} --include-workspace-root` : ''
  return `FROM ${image} AS build
WORKDIR /app
COPY ${rootFolder.join(' ')} ./
${others.map(folder => `COPY ${folder}/package.json ${folder}/\n`).join('')}RUN npm ci --ignore-scripts --no-audit --no-fund${which}
COPY . .`
}

/** Which workspaces are installed: nothing of the others. */
function installed(needed: readonly OwnPackage[]): string {
  return needed
    .filter(({ folder }) => folder !== '')
    .map(({ folder }) => ` --workspace=${folder}`)
    .join('')
}

function buildStep({ scripts }: Packages): string {
  return scripts.has('build') ? 'RUN npm run build' : '# The project has no build of its own.'
}

const runStage = `FROM ${image}
ENV NODE_ENV=production
WORKDIR /app`

function healthCheck(url: string, good: string, startSeconds: number): string {
  const script = `fetch('${url}', { redirect: 'manual' }).then(({ ok, status }) => process.exit(${good} ? 0 : 1), () => process.exit(1))`
  const words =
    good === 'ok' ? script.replace('{ ok, status }', '{ ok }') : script.replace('{ ok, status }', '{ status }')
  return `HEALTHCHECK --interval=5s --timeout=3s --start-period=${startSeconds}s --retries=3 CMD ${JSON.stringify(['node', '-e', words])}`
}

/** The config of an image: the systems alone, without what only other places need. */
export const systemsConfig = 'systems.config.js'

export function systemsConfigText({ plans, systems, engines }: HostedProject): string {
  const words = { systems: plans, start: systems.map(({ name }) => name) }
  const text = JSON.stringify(words, null, 2)
  const fileHead = '// Written by `groundplan compose`: what the image runs.'
  if (!engines) return `${fileHead}\nimport { config } from 'groundplan/config'\n\nexport default config(${text})\n`
  const imports = Object.entries(engines.imports).map(
    ([from, names]) => `import { ${names.join(', ')} } from '${from}'`,
  )
  const drivers = engines.engines.map(each => `\n      ${each},`).join('')
  return `${fileHead}
${imports.join('\n')}
import { config, fromEnv } from 'groundplan/config'

export default config({
  ...${text.replaceAll('\n', '\n  ')},
  environments: {
    ${there}: { drivers: [${drivers}
    ] },
  },
})
`
}

/** How the config in an image calls the engines of where the image runs. */
const there = 'there'

/** What an image's build does not see: what is made, what is secret, and the packages it does not need. */
export function ignoreFile(packages: Packages, needed: readonly string[], out: string): string {
  const others = packages.workspaces.filter(folder => !needed.some(each => `${each}/`.startsWith(`${folder}/`)))
  return `# Made, secret, or of no use in this image.
${['.git', '**/node_modules', '**/dist', '**/.next', '**/.groundplan', '**/.env', '**/.env.*', '**/*.pem', '**/*.key'].join('\n')}
**/*.md
**/*.test.ts
**/*.test.tsx
**/*.test-d.ts
${[out, ...others, `!${out}/${systemsConfig}`].join('\n')}
`
}
