/**
 * A project of two systems for the tests of an operator's commands, and the command line in processes of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { program as built } from './process.ts'
import { type TestProject, testProject } from './project.ts'

/**
 * `shop`: a bit of everything. A job that is called `fail` fails. The schedule `nightly` counts its runs and waits while
 * the gate is shut; `broken` fails and says its secret.
 */
export const shopPlan = `import { anyone, apiKeys, consumer, endpoint, gateway, nothing, plan, queue, schedule, secret, service, setting, table, view } from 'groundplan'
import { z } from 'zod'

const Order = z.object({ orderId: z.string(), customer: z.string(), placed: z.int(), note: z.string().optional() })
export const orders = table('orders', { item: Order, key: ['orderId'], indexes: { byCustomer: ['customer', 'placed'] } })
const Count = z.object({ id: z.string(), count: z.int().default(0) })
const counts = table('counts', { item: Count, key: ['id'] })
const jobs = queue('jobs', { message: z.object({ job: z.string() }), attempts: 1 })
const ordered = queue('ordered', { message: z.object({ of: z.string() }), orderBy: ({ of }) => of })
export const byNote = view('by-note', {
  from: orders,
  item: z.object({ note: z.string(), orderId: z.string() }),
  key: ['note', 'orderId'],
  project: ({ note, orderId }) => (note === undefined ? undefined : { note, orderId }),
})
const token = secret('token')
const tenants = secret('tenant-keys', { per: 'tenant' })
const pageSize = setting('page-size', z.coerce.number().int().min(1).default(20))
export const partner = apiKeys('partner', { scopes: ['read', 'write'], rates: { free: { perSecond: 50 } } })

const work = consumer(jobs, {
  uses: { counts: counts.writer },
  async handle({ message }, { counts }) {
    if (message.job === 'fail') throw new Error('the job failed \\u001b[31m')
    await counts.add({ id: message.job }, { count: 1 })
  },
})
const quiet = consumer(ordered, { handle: () => {} })
const nightly = schedule({ cron: '0 3 1 1 *', zone: 'Europe/Berlin' }, {
  uses: { counts: counts.writer },
  async handle(_call, { counts }) {
    await counts.add({ id: 'began' }, { count: 1 })
    while (await counts.get({ id: 'gate' })) await new Promise(resolve => setTimeout(resolve, 10))
    await counts.add({ id: 'nightly' }, { count: 1 })
  },
})
const broken = schedule({ every: '1 day' }, {
  uses: { token: token.reader },
  async handle({ log }, { token }) {
    const value = (await token.get()).reveal()
    log.info('using ' + value)
    throw new Error('refused with ' + value)
  },
})
const put = endpoint('PUT /counts/:id', {
  summary: 'Puts a count',
  caller: anyone,
  returns: Count,
  uses: { counts: counts.writer },
  handle: ({ params }, { counts }) => counts.put({ id: params.id, count: 0 }),
})
const drop = endpoint('DELETE /counts/:id', {
  returns: nothing,
  summary: 'Removes a count',
  caller: anyone,
  uses: { counts: counts.writer },
  async handle({ params }, { counts }) { await counts.remove({ id: params.id }) },
})
const me = endpoint('GET /me', {
  summary: 'Who calls',
  caller: partner.with('read'),
  returns: z.object({ account: z.string() }),
  handle: async ({ caller }) => ({ account: caller.account }),
})
const secrets = endpoint('GET /secrets', {
  summary: 'How long they are',
  caller: anyone,
  returns: z.object({ token: z.int(), size: z.int(), tenants: z.array(z.string()) }),
  uses: { token: token.reader, size: pageSize.reader, tenants: tenants.keeper },
  handle: async (_call, { token, size, tenants }) => ({
    token: (await token.get()).reveal().length, size: await size.get(), tenants: [...await tenants.tenants()],
  }),
})
const server = service('server', { put, drop, me, secrets })
const back = service('back', { work, quiet, nightly, broken, byNote })
export default plan('shop', { gateways: { api: gateway(server) }, services: [back] })
`

const shopSeed = `import { seed } from 'groundplan'
import { orders } from './plan.ts'
export default seed({
  uses: { orders: orders.writer },
  async handle(_call, { orders }) {
    for (const placed of [1, 2, 10]) await orders.put({ orderId: 'o' + placed, customer: '42', placed })
    await orders.put({ orderId: 'evil', customer: 'other', placed: 3, note: 'a\\u001b[31mb' })
    return ['try order o1']
  },
})
`

const secondPlan = `import { anyone, endpoint, gateway, plan, service, table } from 'groundplan'
import { z } from 'zod'
const Note = z.object({ day: z.string(), at: z.int(), text: z.string() })
const notes = table('notes', { item: Note, key: ['day', 'at'] })
const put = endpoint('PUT /notes', {
  summary: 'Puts a note', caller: anyone, body: Note, returns: Note,
  uses: { notes: notes.writer },
  handle: ({ body }, { notes }) => notes.put(body),
})
export default plan('second', { gateways: { api: gateway(service('server', { put })) } })
`

/** The project of `shop` and `second`. */
export function operatedProject(): TestProject {
  return testProject({
    'groundplan.config.ts': `import { config } from 'groundplan/config'
export default config({ systems: { shop: './shop/plan.ts', second: './second/plan.ts' } })
`,
    'shop/plan.ts': shopPlan,
    'shop/seed.ts': shopSeed,
    'second/plan.ts': secondPlan,
  })
}

export interface Program {
  readonly child: ChildProcess
  /** All it has written so far, on both outputs. */
  wrote(): string
  readonly out: () => string
  readonly error: () => string
  /** The exit code; undefined when it was killed. */
  readonly ended: Promise<number | undefined>
  /** Resolves when its outputs hold this. Rejects when it ends before. */
  says(words: string | RegExp): Promise<void>
}

interface ProgramOptions {
  /** Node's own options, such as a bound of the heap. */
  readonly node?: readonly string[]
  /** What is piped in. Default: nothing. */
  readonly input?: string
}

/** The built command line as words for a shell: Node, its options, the program, the arguments. `buildProgram` builds it. */
export function programCommand(args: readonly string[], node: readonly string[] = []): readonly string[] {
  return [process.execPath, ...node, built, ...args]
}

/** Starts the command line in a process of its own. */
export function program(project: TestProject, args: readonly string[], options: ProgramOptions = {}): Program {
  const [command = '', ...words] = programCommand(args, options.node)
  const child = spawn(command, words, { cwd: project.root, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin?.on('error', () => {}).end(options.input ?? '')
  const wrote = { out: '', error: '' }
  child.stdout?.setEncoding('utf8').on('data', text => {
    wrote.out += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    wrote.error += text
  })
  const ended = once(child, 'close').then(([code]) => (code as number | null) ?? undefined)
  const all = (): string => wrote.out + wrote.error
  return {
    child,
    wrote: all,
    out: () => wrote.out,
    error: () => wrote.error,
    ended,
    says: words => said(child, () => (typeof words === 'string' ? all().includes(words) : words.test(all())), all),
  }
}

function said(child: ChildProcess, holds: () => boolean, all: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (holds()) resolve()
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    child.once('close', () =>
      holds() ? resolve() : reject(new Error(`it ended after saying: ${all().slice(-2_000)}`)),
    )
    look()
  })
}

export interface Server extends Program {
  readonly url: string
  /** Ends it with a signal, and waits until it is gone. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | undefined>
}

/** `groundplan start` in a process of its own, once it is ready. */
export async function serving(project: TestProject, args: readonly string[] = []): Promise<Server> {
  const started = program(project, ['start', '--port', '0', ...args])
  await started.says(/ready at http:\S+/)
  const url = /ready at (http:\/\/127\.0\.0\.1:\d+)/.exec(started.wrote())?.[1] ?? ''
  return {
    ...started,
    url,
    end(signal = 'SIGTERM') {
      started.child.kill(signal)
      return started.ended
    },
  }
}
