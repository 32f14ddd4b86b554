/**
 * How tests run: all folders in one run, on the sources (no build needed), one process more than there are cores, since
 * many files wait: for programs, browsers, servers. Files share a process, for loading the framework once for each file
 * cost a seventh of the whole; so no file may leave anything behind. What replaces a module, or counts what the whole
 * process does, is `alone`.
 *
 * Where more rounds of the same find more, a test asks `inject('thorough')` how many to make: few in a plain `npm test`,
 * all where GROUNDPLAN_THOROUGH is 1: `npm run soak`.
 */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const folders = ['framework/src', 'accounts', 'drivers', 'targets', 'console', 'systems', 'web', 'bench', 'tools']
const everything = folders.map(folder => `${folder}/**/*.test.{ts,tsx}`)
const alone = [
  'framework/src/contract/sql-session.test.ts',
  'framework/src/memory/database.test.ts',
  'framework/src/targets/testbed/settle.test.ts',
  'framework/src/targets/testbed/virtual-time.test.ts',
]
const never = ['**/node_modules/**', '**/dist/**', '**/.next/**', '**/.open-next/**', '**/.groundplan/**']

/** What takes longest begins first, so that none of it ends alone; what computes beside what waits. */
const longest = [
  'web/test/portals',
  'drivers/aws/src/store.contract',
  'web/test/accounts.test',
  'framework/src/cli/operating-processes',
  'drivers/aws/src/faults',
  'systems/on-tasks',
  'web/test/compose',
  'systems/storefront/test/document',
  'drivers/s3/src/bucket.contract',
  'web/test/accounts-managing',
  'systems/storefront/test/rebuild',
  'drivers/aws/src/homes',
  'web/test/home',
  'framework/src/embedded/database.test',
  'drivers/postgres/src/failures',
  'web/test/front',
  'systems/on-aws',
  'drivers/postgres/src/accounts.test',
  'web/test/counter',
  'targets/aws/src/rules',
  'drivers/postgres/src/queue.contract',
  'systems/storefront/test/disk',
  'systems/on-containers',
  'targets/aws/src/deploy/site',
  'framework/src/cli/disk',
  'framework/src/targets/homes',
  'drivers/postgres/src/store.contract',
  'systems/releases',
  'systems/deploy-process',
  'web/test/quiet',
  'framework/src/http/hostile',
  'accounts/test/sessions',
  'tools/scripts',
  'framework/src/cli/operating.test',
  'framework/src/cli/web/build',
  'drivers/postgres/src/config',
  'systems/storefront/test/lag',
  'systems/on-lambda',
  'framework/src/http/node/short-way',
  'framework/src/embedded/bucket.contract',
  'systems/storefront/seed',
  'tools/type-cost',
  'framework/src/cli/init',
  'framework/src/cli/tutorial',
  'systems/counter/test/disk',
  'systems/storefront/test/signed-in',
  'targets/aws/src/bundle.test',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification) => {
      // Between files that share processes, one that does not would end those.
      if (project.name === 'alone') return -1
      const at = longest.findIndex(words => moduleId.includes(words))
      return at === -1 ? longest.length : at
    }
    return (await super.sort(files)).sort((one, other) => place(one) - place(other))
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly thorough: boolean
  }
}

/** Packages of this repository are tested as sources. */
const conditions = ['groundplan-source', 'node']

const thorough = process.env.GROUNDPLAN_THOROUGH === '1'

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: 'forks',
    // As the command line has it: see framework/src/cli/web-assembly.ts.
    execArgv: ['--wasm-tiering-budget=500000000'],
    maxWorkers: Math.min(6, availableParallelism() + 1),
    sequence: { sequencer: LongestFirst },
    testTimeout: 40_000,
    hookTimeout: 60_000,
    // Whoever waits for a condition waits as long on a machine that is busy; where it holds it costs nothing.
    expect: { poll: { timeout: 20_000 } },
    provide: { thorough },
    setupFiles: [fileURLToPath(new URL('./tools/postgres-program.ts', import.meta.url))],
    globalSetup: [
      fileURLToPath(new URL('./tools/temp-folder.ts', import.meta.url)),
      fileURLToPath(new URL('./tools/database-files.ts', import.meta.url)),
    ],
    // The CDK's own look at each template takes most of a synthesis, and warns at most: cfn-lint and checkov have a test.
    env: { CDK_VALIDATION: 'false' },
    projects: [
      { extends: true, test: { name: 'shared', isolate: false, include: everything, exclude: [...never, ...alone] } },
      { extends: true, test: { name: 'alone', include: alone, exclude: never } },
    ],
  },
})
