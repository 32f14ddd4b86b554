/**
 * `groundplan compose`: the self-hosted form of systems, as files that live on without us. `@groundplan/server` writes them.
 */
import { relative, resolve, sep } from 'node:path'
import type { ContainerEngines } from '../contract/target.ts'
import { partsOf, resourcesOf } from '../plan/parts.ts'
import { addOn } from './add-on.ts'
import { command } from './command.ts'
import { type NamedGateway, namedIn } from './domains.ts'
import { variable } from './environment.ts'
import { environmentNamed } from './environments.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import { type LoadedSystem, loadProject, loadSystems, namesMeant, type Project } from './load.ts'
import type { Terminal } from './terminal.ts'
import { frontFolder } from './web/place.ts'

export const compose = command({
  name: 'compose',
  summary: 'Writes what hosts systems on a machine with Docker Compose',
  takes: '[system…]',
  about:
    'docker-compose.yml, Dockerfiles and nginx.conf: one address for pages and API, on port 80; and the same for\n' +
    'development, with hot reload. A file that was edited stays as it is; what would have been written comes beside it.\n' +
    'With --env, gateways answer at the domain names too that the environment gives them. Needs the package\n' +
    '@groundplan/server.',
  flags: {
    env: { type: 'string', value: '<name>', help: 'an environment of the config, for the domain names of gateways' },
    'for-target': { type: 'boolean', help: 'images alone, that keep things as the target of the environment says' },
    out: { type: 'string', value: '<folder>', help: 'where to, inside the project (deploy/compose)' },
    'no-web': { type: 'boolean', help: 'the systems alone, without a web front' },
    force: { type: 'boolean', help: 'overwrites files that were edited, too' },
    json: { type: 'boolean', help: 'one line of JSON: what was written, what is the same, what was kept' },
  },
  examples: [
    ['groundplan compose', 'what the config starts, into deploy/compose'],
    ['groundplan compose counter --out systems/counter/compose', 'one system, elsewhere'],
    ['groundplan compose --env production', 'with the domain names of gateways there'],
    [
      'groundplan compose counter --env production --for-target --out deploy/images',
      'images for its containers on AWS',
    ],
  ],
  async run({ out = 'deploy/compose', force = false, json, ...given }, named, terminal) {
    const project = await loadProject(terminal.folder)
    const { systems, start = Object.keys(systems) } = project.config
    const folder = folderIn(project, terminal, out)
    const { composeFiles, writeFiles } = await addOn<Server>(project.root, '@groundplan/server')
    const loaded = await loadSystems(project, namesMeant(project, named, start))
    const domains = given.env === undefined ? [] : namedGateways(project, loaded, given.env)
    const engines = given['for-target'] ? await enginesThere(project, loaded, given.env) : undefined
    const files = composeFiles(
      { ...hosted(project, loaded, given['no-web']), domains, ...(engines ? { engines } : {}) },
      folder,
    )
    const report = writeFiles(resolve(project.root, folder), files, force)
    if (json) terminal.out(`${JSON.stringify({ event: 'written', folder, ...report })}\n`)
    else say(terminal, folder, report)
    return exitCodes.done
  },
})

/** What the command needs of `@groundplan/server`, which this package does not depend on. */
interface Server {
  composeFiles(project: Hosted, folder: string): readonly { readonly path: string; readonly text: string }[]
  writeFiles(folder: string, files: ReturnType<Server['composeFiles']>, force: boolean): Report
}

interface Hosted {
  readonly root: string
  readonly configFile: string
  readonly systems: readonly {
    readonly name: string
    readonly files: readonly string[]
    readonly variables: readonly string[]
  }[]
  readonly plans: Readonly<Record<string, string>>
  readonly web?: string
  readonly domains?: readonly NamedGateway[]
  readonly engines?: ContainerEngines
}

interface Report {
  readonly written: readonly string[]
  readonly same: readonly string[]
  readonly kept: readonly string[]
}

/** From the project's folder: an image is built of what is in it. */
function folderIn({ root }: Project, { folder }: Terminal, out: string): string {
  // What is given is from where the command is given; the default is the project's.
  const path = relative(root, out === 'deploy/compose' ? resolve(root, out) : resolve(folder, out))
  if (path !== '' && !path.startsWith('..') && resolve(root, path).startsWith(root + sep)) return slashed(path)
  throw wrongUsage(`"${out}" is not inside the project`, `name a folder in ${root}`)
}

/** What containers keep things with where the environment's target runs them. */
async function enginesThere(
  project: Project,
  loaded: readonly LoadedSystem[],
  env: string | undefined,
): Promise<ContainerEngines> {
  const usage = 'groundplan compose counter --env production --for-target'
  if (env === undefined) throw wrongUsage('--for-target needs an environment', usage)
  const { target } = environmentNamed(project, env)
  if (!target?.containers) throw wrongUsage(`the environment "${env}" has no target that runs containers`, usage)
  return target.containers(loaded.map(({ plan }) => plan))
}

/** The gateways of these systems that an environment gives domain names to. */
function namedGateways(project: Project, loaded: readonly LoadedSystem[], env: string): readonly NamedGateway[] {
  const { domains = {} } = environmentNamed(project, env)
  return loaded.flatMap(({ plan }) => namedIn(plan, domains[plan.name] ?? {}, project.file))
}

function hosted(project: Project, loaded: readonly LoadedSystem[], noWeb: true | undefined): Hosted {
  const web = noWeb ? undefined : frontFolder(project)
  return {
    root: project.root,
    configFile: project.file,
    plans: project.config.systems,
    systems: loaded.map(({ plan, files }) => ({
      name: plan.name,
      files: files.map(file => slashed(relative(project.root, file))).sort(),
      variables: variablesOf(plan),
    })),
    ...(web === undefined ? {} : { web: slashed(web) }),
  }
}

/** Names in the environment of what a plan's vault is to hold. */
function variablesOf(plan: LoadedSystem['plan']): readonly string[] {
  const parts = partsOf(plan)
  const secrets = resourcesOf(parts, 'secret').filter(({ perTenant }) => !perTenant)
  return [...resourcesOf(parts, 'setting'), ...secrets].map(({ name }) => variable(plan.name, name)).sort()
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/')
}

function say({ out }: Terminal, folder: string, { written, same, kept }: Report): void {
  for (const path of written) out(`written  ${folder}/${path}\n`)
  if (same.length > 0) out(`${same.length} files are as they would be written\n`)
  for (const path of kept) out(`kept     ${folder}/${path}: it was edited; see ${path}.new, or --force\n`)
  out(`\nNext: ${folder}/README.md says how to start it\n`)
}
