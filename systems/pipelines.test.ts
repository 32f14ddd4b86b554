/**
 * What is committed of pipelines is what the config says now: the templates beside the plans, and the documents for other
 * hosts below docs/targets/pipelines. The documents are held to the schemas of their hosts, and to the rules of zizmor.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { flowOf, targetOf } from '../framework/src/cli/flows.ts'
import { yaml } from '../framework/src/cli/yaml.ts'
import type { Flow, PipelineHost } from '../framework/src/contract/pipeline.ts'
import type { Plan } from '../framework/src/plan/plan.ts'
import config from '../groundplan.config.ts'
import { hasTool, told } from '../targets/aws/src/test/findings.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const documents = `${root}docs/targets/pipelines/`
const names = ['counter', 'storefront']

async function flow(name: string): Promise<Flow> {
  const module: { default: Plan } = await import(`./${name}/plan.ts`)
  const { pipeline } = config
  if (pipeline === undefined) throw new Error('the config has a pipeline')
  return flowOf({ root, file: 'groundplan.config.ts', config }, pipeline, {
    plan: module.default,
    file: `systems/${name}/plan.ts`,
  })
}

describe('C10, C11, C12: the pipeline of AWS', () => {
  it.each(names)('is committed for %s as the config says it', { timeout: 120_000 }, async name => {
    const described = await flow(name)
    const files = (await targetOf(described)?.pipeline?.(described)) ?? {}
    const folder = `${root}systems/${name}/aws/pipeline/`
    expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort())
    for (const [file, text] of Object.entries(files)) {
      const rewrite = `write it anew: npx groundplan synth ${name}`
      expect(readFileSync(folder + file, 'utf8') === text, `${file}: ${rewrite}`).toBe(true)
    }
  })
})

describe('G8: the pipelines of GitHub Actions and CircleCI', () => {
  it.each(['github', 'circleci'] satisfies PipelineHost[])(
    'are committed for %s as the config says them',
    async host => {
      const flows = await Promise.all(names.map(flow))
      const written = (await flows.map(targetOf)[0]?.hosted?.(flows, host)) ?? {}
      expect(Object.keys(written)).not.toEqual([])
      for (const [path, document] of Object.entries(written)) {
        const rewrite = `write it anew: npx groundplan pipeline --ci ${host} --output docs/targets/pipelines`
        expect(readFileSync(documents + path, 'utf8').endsWith(`\n${yaml(document)}`), `${path}: ${rewrite}`).toBe(true)
      }
    },
  )

  it.skipIf(!hasTool('check-jsonschema'))('fit the schemas of their hosts', { timeout: 60_000 }, async () => {
    const workflows = names.map(name => `${documents}.github/workflows/${name}.yml`)
    const schema = (name: string) => ['--builtin-schema', `vendor.${name}`]
    expect(await told('check-jsonschema', [...schema('github-workflows'), ...workflows])).toContain('ok')
    expect(await told('check-jsonschema', [...schema('circle-ci'), `${documents}.circleci/config.yml`])).toContain('ok')
  })

  it.skipIf(!hasTool('zizmor'))(
    'give zizmor, which looks for ways in, nothing to say',
    { timeout: 60_000 },
    async () => {
      const said = await told('zizmor', [
        '--offline',
        '--no-progress',
        '--format',
        'json',
        `${documents}.github/workflows`,
      ])
      expect(JSON.parse(said)).toEqual([])
    },
  )
})
