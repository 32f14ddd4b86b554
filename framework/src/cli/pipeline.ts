/**
 * `groundplan pipeline`: the config's pipeline for another host than the target's own, as the file that this host reads.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Flow, PipelineDocuments, PipelineHost } from '../contract/pipeline.ts'
import { command } from './command.ts'
import { exitCodes, Failure, wrongUsage } from './errors.ts'
import { flowOf, targetOf } from './flows.ts'
import { loadProject, loadSystems, namesMeant, type Project } from './load.ts'
import type { Terminal } from './terminal.ts'
import { yaml } from './yaml.ts'

const hosts: readonly PipelineHost[] = ['github', 'circleci']

export const pipeline = command({
  name: 'pipeline',
  summary: 'Writes the pipeline of the config for GitHub Actions or CircleCI',
  takes: '[system…]',
  about:
    'A workflow for each system in .github/workflows, or one .circleci/config.yml for all: checks, images, and the stages\n' +
    "that the config's `pipeline` names. Neither has a key: their tokens are exchanged for roles, which `groundplan synth` writes.\n" +
    "The target's own pipeline is written by `groundplan synth`.",
  flags: {
    ci: { type: 'string', value: '<host>', help: 'github or circleci' },
    output: { type: 'string', value: '<folder>', help: "writes below this folder instead of the project's" },
    check: { type: 'boolean', help: 'writes nothing, and fails where files are not what the config says' },
    json: { type: 'boolean', help: 'one line of JSON for each file' },
  },
  examples: [
    ['groundplan pipeline --ci github', 'what the config starts'],
    ['groundplan pipeline storefront --ci circleci --check', 'one system; for a pipeline: it is what would be written'],
  ],
  async run({ ci, output, check = false, json }, named, terminal) {
    const host = hosts.find(each => each === ci)
    if (host === undefined) throw wrongUsage(`--ci names ${ci ?? 'nothing'}`, `--ci github, or --ci circleci`)
    const project = await loadProject(terminal.folder)
    const documents = await documentsOf(project, named, host)
    const folder = output === undefined ? project.root : resolve(terminal.folder, output)
    const written = Object.entries(documents).map(([path, document]) => {
      return outcome(terminal, join(folder, path), textOf(host, document), check)
    })
    for (const each of written)
      terminal.out(json ? `${JSON.stringify(each)}\n` : `${each.state.padEnd(8)} ${each.file}\n`)
    const changed = written.filter(({ state }) => state !== 'same')
    if (!check || changed.length === 0) return exitCodes.done
    terminal.error(
      `${changed.length} of ${written.length} files are not what the config says: groundplan pipeline --ci ${host}\n`,
    )
    return exitCodes.failed
  },
})

async function documentsOf(project: Project, named: readonly string[], host: PipelineHost): Promise<PipelineDocuments> {
  const { pipeline: described, systems, start = Object.keys(systems) } = project.config
  if (described === undefined) throw new Failure(`${project.file} has no pipeline`, example)
  const loaded = await loadSystems(project, namesMeant(project, named, start))
  const flows = loaded.map(system => flowOf(project, described, system))
  return hostedBy(flows, host)
}

async function hostedBy(flows: readonly Flow[], host: PipelineHost): Promise<PipelineDocuments> {
  const target = flows.map(targetOf).find(each => each !== undefined)
  if (!target?.hosted) throw new Failure(`The pipeline deploys to nothing that ${host} can reach`, example)
  return target.hosted(flows, host)
}

const example =
  "describe it: pipeline: { source: { repository: 'owner/name', branch: 'main' }, stages: [{ deploy: 'test' }, { approval: 'you@example.org', within: '1 day' }, { deploy: 'production' }] }"

function textOf(host: PipelineHost, document: unknown): string {
  return `# Written by \`groundplan pipeline --ci ${host}\`: change the pipeline in the config, and write it anew.\n${yaml(document)}`
}

interface Outcome {
  readonly file: string
  readonly state: 'new' | 'changed' | 'same'
}

function outcome(terminal: Terminal, path: string, text: string, checkOnly: boolean): Outcome {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  const state = before === undefined ? 'new' : before === text ? 'same' : 'changed'
  if (!checkOnly && state !== 'same') {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  return { file: relative(terminal.folder, path), state }
}
