/**
 * The arrows of the design, as data: who may import what. The first rule whose folder holds a file is the
 * file's rule. A `*` stands for one folder name; what it stood for in `in` is the same package, so a driver
 * sees its own folder and no other driver's.
 */

export interface ArrowRule {
  /** The folder (ending in `/`) or file the rule is for. */
  readonly in: string
  /** Folders and files it may import besides its own. */
  readonly may: readonly string[]
  /** Installed packages it may import: a list, or all but a list. */
  readonly packages: readonly string[] | { readonly allBut: readonly string[] }
  /** Packages whose types it may import besides: `import type`, gone when it runs. */
  readonly types?: readonly string[]
  /** Whether it may import Node's own modules. */
  readonly node: boolean
  /** What tests in it may import; without this, tests are free. */
  readonly tests?: { readonly may: readonly string[]; readonly packages: readonly string[] }
}

const plan = 'framework/src/plan/'
const contract = 'framework/src/contract/'
const runtime = 'framework/src/runtime/'
const http = 'framework/src/http/'
const memory = 'framework/src/memory/'
const embedded = 'framework/src/embedded/'
const compile = 'framework/src/compile/'
const hosts = 'framework/src/targets/'

/** What systems are given: `groundplan`, `groundplan/client`; their tests: `groundplan/testbed`, `/home`, `/embedded`, `/process`. */
export const publicEntry = 'framework/src/index.ts'
export const publicClient = 'framework/src/http/client.ts'
const forTests = ['testbed', 'home', 'embedded', 'process'].map(name => `framework/src/targets/${name}.ts`)

/** What drivers are given of the contract: `groundplan/driver`. */
export const driverEntry = 'framework/src/driver.ts'

/** What targets are given of the plan and its runtime: `groundplan/target`. */
export const targetEntry = 'framework/src/target.ts'

/** What the bundles of functions are made from: `groundplan/lambda`. */
export const lambdaEntry = 'framework/src/lambda.ts'

/** Who is calling, for systems that do not write it themselves: `@groundplan/accounts`. */
export const accountsEntry = 'accounts/src/index.ts'
/** The same for pages: `@groundplan/accounts/client`. */
export const accountsClient = 'accounts/src/client.ts'
/** Quick hashes and ready databases, for tests of systems whose people sign in. */
const accountsQuick = 'accounts/test/quick.ts'

/** What tests of any package may take of the repository's own scripts, which are in none. */
export const scriptsForTests: readonly string[] = ['scripts/lib/free-port.mjs']

/** Proves drivers; imported by tests only. */
export const contractSuite = 'framework/src/contract/suite/'

/** Packages that are an engine or speak to one. A name ending in `/` stands for a whole scope. */
const engines = [
  'lmdb',
  '@electric-sql/',
  'pg',
  'pg-cursor',
  'postgres',
  'better-sqlite3',
  'cassandra-driver',
  '@aws-sdk/',
  '@smithy/',
  'aws-cdk-lib',
  'nodemailer',
  'ioredis',
  'redis',
]

/** PostgreSQL in the process can keep its data in memory alone: the testbed's database. */
const enginesWithInputOutput = engines.filter(name => name !== '@electric-sql/')

/**
 * Packages a system uses besides zod, each with the reason in docs/dependencies.md. Never an engine:
 * that is what drivers are for.
 */
const systemPackages: Readonly<Record<string, readonly string[]>> = { storefront: ['hyparquet-writer'] }

/** Packages that the tests of a system use besides. */
const systemTestPackages: Readonly<Record<string, readonly string[]>> = { storefront: ['@duckdb/node-api'] }

export const arrowRules: readonly ArrowRule[] = [
  { in: plan, may: [], packages: ['zod'], types: ['kysely'], node: false }, // a database's client has Kysely's own type
  { in: compile, may: [], packages: ['zod'], node: false }, // schemas made fast: knows Zod and nothing of us
  { in: contractSuite, may: [contract, plan], packages: ['zod', 'vitest', 'fast-check'], node: true },
  { in: contract, may: [plan], packages: { allBut: engines }, node: true },
  { in: runtime, may: [compile, plan, contract], packages: { allBut: engines }, node: true },
  { in: memory, may: [plan, contract], packages: { allBut: enginesWithInputOutput }, node: true },
  { in: embedded, may: [plan, contract], packages: { allBut: [] }, node: true },
  { in: http, may: [compile, plan, contract, runtime], packages: { allBut: engines }, node: true },
  {
    in: hosts,
    may: [compile, plan, contract, runtime, http, memory, embedded],
    packages: { allBut: engines },
    node: true,
  },
  {
    in: 'framework/src/cli/',
    may: [compile, plan, contract, runtime, http, hosts],
    packages: { allBut: engines },
    node: true,
  },
  { in: publicEntry, may: [plan, contract, runtime], packages: [], node: false },
  { in: driverEntry, may: [plan, contract], packages: [], node: false },
  { in: targetEntry, may: [plan, contract, runtime, http], packages: [], node: false },
  { in: lambdaEntry, may: [http, embedded], packages: [], node: false },
  // Amazon's buckets are S3: its drivers take them from the one that speaks to any server.
  { in: 'drivers/aws/', may: [plan, contract, driverEntry, 'drivers/s3/'], packages: { allBut: [] }, node: true },
  { in: 'drivers/*/', may: [plan, contract, driverEntry], packages: { allBut: [] }, node: true },
  {
    in: 'targets/*/',
    may: [publicEntry, driverEntry, targetEntry, compile, plan, contract, runtime, http, hosts, 'drivers/*/'],
    packages: { allBut: [] },
    node: true,
  },
  {
    in: 'accounts/',
    may: [publicEntry, publicClient],
    packages: ['zod', 'better-auth', 'jose'],
    types: ['kysely'], // a database's client has Kysely's own type, and so has a plugin of it
    node: true,
    tests: {
      may: [publicEntry, publicClient, ...forTests, accountsEntry, accountsClient],
      packages: ['zod', 'vitest', 'fast-check'],
    },
  },
  { in: 'console/', may: [publicClient], packages: { allBut: engines }, node: false },
  ...Object.entries(systemPackages).map(([name, packages]) =>
    system(`systems/${name}/`, packages, systemTestPackages[name]),
  ),
  system('systems/*/', []),
  { in: 'web/', may: [publicClient, accountsClient, 'systems/*/client.ts'], packages: { allBut: engines }, node: true },
]

function system(folder: string, packages: readonly string[], inTests: readonly string[] = []): ArrowRule {
  return {
    in: folder,
    may: [publicEntry, publicClient, accountsEntry],
    packages: ['zod', ...packages],
    node: false,
    tests: {
      may: [publicEntry, publicClient, accountsEntry, accountsClient, accountsQuick, ...forTests],
      packages: ['zod', 'vitest', 'fast-check', ...packages, ...inTests],
    },
  }
}

/** Folders whose time comes in through the contract's `Clock`. */
export const onTheClock: readonly string[] = [contract, runtime, memory, embedded, 'drivers/']

/** The files that are the clock. */
export const clocks: readonly string[] = [`${memory}clock.ts`, `${embedded}clock.ts`]

/** The readers of `process.env`. */
export const mayReadEnvironment: readonly string[] = [
  ...['framework/src/cli/', 'drivers/', 'scripts/'],
  'web/server/environment.ts', // where the systems are, told by the process that started it
]
