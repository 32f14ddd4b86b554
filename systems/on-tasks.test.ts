/**
 * Storefront as several containers at Amazon would run it: each service a process of its own by the real command, told by
 * the variables of its task in the template, with the config that its image has; the carrier as the bundle that Lambda gets.
 * What differs is where things are: loopback in the place of names, stand-ins in the place of Amazon.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { realClock } from '../drivers/aws/src/test/clock.ts'
import { allOf, credentials } from '../drivers/aws/src/test/engines.ts'
import { sentMail } from '../drivers/aws/src/test/sent-mail.ts'
import { databasesOn } from '../drivers/postgres/src/databases.ts'
import { type Server, startServer } from '../drivers/postgres/src/test/cluster.ts'
import { asked } from '../drivers/postgres/src/test/live.ts'
import { withPostgres } from '../drivers/postgres/src/test/server.ts'
import { shapeOf } from '../framework/src/driver.ts'
import { freePort } from '../scripts/lib/free-port.mjs'
import { containerEngines } from '../targets/aws/src/container-engines.ts'
import { idOf } from '../targets/aws/src/names.ts'
import { policyOf } from '../targets/aws/src/policy.ts'
import type { SystemSettings } from '../targets/aws/src/settings.ts'
import { synthesized } from '../targets/aws/src/synth.ts'
import type { System } from '../targets/aws/src/system.ts'
import { type Asked, allows } from '../targets/aws/src/test/evaluator.ts'
import { restEvent } from '../targets/aws/src/test/lambda/cloud.ts'
import { type OnLambda, openOnLambda } from '../targets/aws/src/test/lambda/system.ts'
import { type Recorder, recorded } from '../targets/aws/src/test/recorder.ts'
import { serverCommand, systemsConfigText } from '../targets/server/src/dockerfiles.ts'
import { repository } from '../web/test/running.ts'
import { people } from './storefront/callers.ts'
import storefront from './storefront/plan.ts'
import { products } from './storefront/resources.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 })

const region = 'us-east-1'
const planFile = join(repository, 'systems/storefront/plan.ts')
const tea = { productId: 'tea', name: 'Tea', category: 'drinks', price: { amount: 450, currency: 'EUR' } }
const services = ['backend', 'customer-bff', 'ops-bff', 'shop'] as const
type Service = (typeof services)[number]

/** The packages that the command loads, built as `npm run build` does, unless that was done. */
async function built(): Promise<void> {
  const build = `
import { compile, dueBuilds } from './scripts/lib/builds.mjs'
const needed = ['framework', 'accounts', 'drivers/postgres', 'drivers/s3', 'drivers/aws']
for (const each of dueBuilds('.')) if (needed.includes(each.folder)) await compile('.', each)`
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', build], { cwd: repository })
}

/** The project as an image has it: the config that keeps things where a task's variables say. */
function imageFolder(): string {
  mkdirSync(join(repository, '.groundplan'), { recursive: true })
  const folder = mkdtempSync(join(repository, '.groundplan', 'tasks-'))
  const plans = { storefront: `./${relative(folder, planFile)}` }
  const engines = containerEngines([storefront])
  const project = { root: folder, configFile: 'groundplan.config.js', plans, engines, systems: [inImage] }
  writeFileSync(join(folder, 'groundplan.config.js'), systemsConfigText(project))
  return folder
}

const inImage = { name: 'storefront', files: [], variables: [] }

type Compute = NonNullable<SystemSettings['compute']>

/** What runs, as the template of a system says it. */
interface Template {
  readonly system: System
  /** The variables of a task, and the command of its health check. */
  task(service: string): { readonly variables: Readonly<Record<string, unknown>>; readonly health: readonly string[] }
  /** Where a function finds others. */
  othersOf(service: string): string
}

function templateOf(system: System, compute: Compute): Template {
  const { region, domain, operations, costOwner } = system.settings
  const settings = { region, domain, operations, costOwner, systems: { storefront: { compute } } }
  const files = synthesized(storefront, system.environment, settings)
  const { Resources } = JSON.parse(files['CloudFormation-application.json'] ?? '{}')
  return {
    system,
    task(service) {
      const [container] = Resources[idOf('Task', service)].Properties.ContainerDefinitions
      const variables: readonly { readonly Name: string; readonly Value: unknown }[] = container.Environment
      return {
        variables: Object.fromEntries(variables.map(({ Name, Value }) => [Name, Value])),
        health: container.HealthCheck.Command.slice(1),
      }
    },
    othersOf: service =>
      String(Resources[idOf('Function', service)].Properties.Environment.Variables.GROUNDPLAN_OTHERS),
  }
}

/** Names of the network as addresses of this machine. */
function addressed(text: string, { names }: System, ports: Place['ports']): string {
  const zone = `.${names.prefix}.internal:7400`
  return text.replaceAll(/http:\/\/([a-z-]+)(\.[^,]+)/g, (all, name, rest) =>
    rest === zone ? `http://127.0.0.1:${ports[name]}` : all,
  )
}

interface Place {
  readonly template: Template
  readonly folder: string
  readonly ports: Readonly<Record<string, number>>
  /** What differs at Amazon: by the names of variables. */
  readonly instead: Readonly<Record<string, string>>
}

/** A task that runs here, and may be killed and started again. */
class Running {
  readonly service: string
  readonly calls: Asked[] = []
  readonly #place: Place
  readonly #recorders: Recorder[] = []
  readonly #data: string
  #child: ChildProcess | undefined
  #said = ''

  constructor(service: string, place: Place) {
    this.service = service
    this.#place = place
    this.#data = mkdtempSync(join(tmpdir(), 'task-'))
  }

  get url(): string {
    return `http://127.0.0.1:${this.#place.ports[this.service]}`
  }

  async start(): Promise<void> {
    if (this.#recorders.length === 0) await this.#listens()
    const here: Readonly<Record<string, string>> = {
      '0.0.0.0': '127.0.0.1',
      '7400': String(this.#place.ports[this.service]),
      '/data': this.#data,
    }
    const command = serverCommand({ root: '', configFile: '', plans: {}, systems: [inImage] }).map(
      word => here[word] ?? word,
    )
    const child = spawn(process.execPath, [join(repository, 'framework/bin/groundplan.js'), ...command], {
      cwd: this.#place.folder,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#said = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', part => (this.#said += String(part)))
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${this.service} ended: ${this.#said}`)))
    const ready = vi.waitFor(() => expect(this.#said).toContain('"event":"ready"'), { timeout: 60_000, interval: 20 })
    await Promise.race([ready, ended])
    ended.catch(() => {})
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  /** The exit code of its health check, now. */
  async health(): Promise<number> {
    const { health } = this.#place.template.task(this.service)
    const [, ...words] = health.map(word => word.replace('127.0.0.1:7400', new URL(this.url).host))
    const [code] = await once(spawn(process.execPath, words, { stdio: 'ignore' }), 'exit')
    return Number(code)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await Promise.all(this.#recorders.map(each => each.close()))
    rmSync(this.#data, { recursive: true, force: true })
  }

  /** Stands between it and its engines, so that each of its calls is known. */
  async #listens(): Promise<void> {
    const { dynamodb, sqs, vault } = JSON.parse(this.#place.instead.GROUNDPLAN_AWS_ENDPOINTS ?? '{}')
    for (const engine of [dynamodb, sqs, vault]) {
      this.#recorders.push(await recorded(engine, call => this.calls.push(call)))
    }
  }

  #environment(): NodeJS.ProcessEnv {
    const { template, ports, instead } = this.#place
    const { variables } = template.task(this.service)
    const here = (value: unknown): string =>
      typeof value === 'string' ? addressed(value, template.system, ports) : region
    const given = Object.entries(variables).map(([name, value]) => [name, instead[name] ?? here(value)])
    const [dynamodb, sqs, vault] = this.#recorders.map(({ endpoint }) => endpoint)
    const endpoints = { ...JSON.parse(instead.GROUNDPLAN_AWS_ENDPOINTS ?? '{}'), dynamodb, sqs, vault }
    return {
      ...Object.fromEntries(given),
      // What the image has, and what Amazon gives every task.
      ...{ PATH: process.env.PATH, NODE_ENV: 'production', GROUNDPLAN_ENV: 'there' },
      ...{ AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
      GROUNDPLAN_AWS_ENDPOINTS: JSON.stringify(endpoints),
    }
  }
}

interface Heard {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

type Headers = Readonly<Record<string, string>>

async function ask(url: string, given: { method?: string; headers?: Headers; body?: unknown } = {}): Promise<Heard> {
  const { method = given.body === undefined ? 'GET' : 'POST', headers, body } = given
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, ...content })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) }
}

/** Somebody who can sign in. */
async function enrolled({ here }: OnLambda, userId: string, role: 'customer' | 'operator'): Promise<object> {
  const [email, password] = [`${userId}@example.org`, `development-${userId}`]
  await here.as('seed', { db: people.database.writer }, (async ({ at }: { at: Date }, { db }: never) =>
    people.enrol(db, at, { userId, name: userId, email, password, roles: [role] })) as never)
  return { email, password, deliver: 'body' }
}

async function stocked({ here }: OnLambda, item: object): Promise<void> {
  await here.as('stock', { products: products.writer }, (async (_: unknown, clients: never) =>
    (clients as { products: { put(item: object): Promise<void> } }).products.put(item)) as never)
}

/** Reads a stream until it is left. */
async function watched(
  url: string,
  headers: Headers,
  took: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { body } = await fetch(url, { headers, signal })
  const decoder = new TextDecoder()
  for await (const piece of body ?? []) took(decoder.decode(piece, { stream: true }))
}

await allOf(['dynamodb', 'elasticmq', 'moto', 'ses'], (dynamodb, sqs, moto, ses) => {
  const endpoints = { dynamodb: dynamodb.endpoint, sqs: sqs.endpoint, moto: moto.endpoint, ses: ses.endpoint }
  const places = { ...endpoints, s3: moto.endpoint, vault: moto.endpoint }

  /** The variables whose values Amazon alone could give. */
  const insteadOf = ({ prefix, api }: OnLambda, more: Headers = {}): Headers => ({
    GROUNDPLAN_AWS_ENDPOINTS: JSON.stringify({ ...places, lambda: api.endpoint }),
    GROUNDPLAN_AWS_BUCKET_PREFIX: prefix,
    ...more,
  })

  withPostgres('storefront as containers', () =>
    describe('C9, S11: storefront as containers, each service in tasks of its own', () => {
      const login = `rds!cluster-${randomUUID()}`
      const tasks = new Map<Service, Running>()
      let server: Server
      let shop: OnLambda
      let folder: string

      beforeAll(async () => {
        await built()
        server = await startServer()
        await asked(server.url, 'create role groundplan login createdb')
        await asked(server.url, 'create database groundplan owner groundplan')
        const secrets = new SecretsManagerClient({ region, endpoint: moto.endpoint, credentials })
        const SecretString = JSON.stringify({ username: 'groundplan', password: 'one' })
        await secrets.send(new CreateSecretCommand({ Name: login, SecretString }))
        secrets.destroy()
        const url = `postgres://groundplan@127.0.0.1:${server.port}/groundplan`
        const databases = databasesOn(shapeOf(storefront), { url, clock: realClock(), makes: true })
        shop = await openOnLambda({
          plan: storefront,
          planFile,
          root: repository,
          endpoints,
          compute: 'containers',
          databases,
        })
        folder = imageFolder()
        const ports = Object.fromEntries(await Promise.all(services.map(async name => [name, await freePort()])))
        const instead = insteadOf(shop, { GROUNDPLAN_AWS_DATABASE_URL: url, GROUNDPLAN_AWS_DATABASE_LOGIN: login })
        const place = { template: templateOf(shop.system, 'containers'), folder, ports, instead }
        for (const name of services) tasks.set(name, new Running(name, place))
        await Promise.all([...tasks.values()].map(task => task.start()))
      })
      afterAll(async () => {
        await Promise.all([...tasks.values()].map(task => task[Symbol.asyncDispose]()))
        await shop?.close()
        await server?.remove()
        if (folder) rmSync(folder, { recursive: true, force: true })
      })

      const at = (service: Service): Running => {
        const task = tasks.get(service)
        if (!task) throw new Error(`no task of ${service}`)
        return task
      }
      const customers = (path: string) => `${at('customer-bff').url}/api/storefront/customer${path}`
      const operations = (path: string) => `${at('ops-bff').url}/api/storefront/ops${path}`

      async function signedIn(userId: string, role: 'customer' | 'operator'): Promise<Headers> {
        const body = await enrolled(shop, userId, role)
        const answer = await ask(`${at('shop').url}/api/storefront/accounts/sign-in`, { body })
        if (answer.status !== 200) throw new Error(JSON.stringify(answer))
        const { accessToken } = answer.body.tokens as { readonly accessToken: string }
        return { authorization: `Bearer ${accessToken}` }
      }

      /** What operations were told of an order, on its own day: it may be another by now. */
      const noticesOf = async ({ placedAt }: Heard['body'], headers: Headers): Promise<string> =>
        JSON.stringify(
          (await ask(operations(`/inbox/${String(placedAt).slice(0, 10)}`), { headers })).body.notices ?? [],
        )

      it('is well by the health check of its task, whether a gateway leads to it or not', async () => {
        for (const task of tasks.values()) expect(await task.health(), task.service).toBe(0)
      })

      it('takes one order through all of them: place, stock, event, live board, inbox and mail of operations, catalogue', async () => {
        const anna = await signedIn('anna', 'customer')
        const olga = await signedIn('olga', 'operator')
        await stocked(shop, { ...tea, stock: 1 })
        let board = ''
        const leaving = new AbortController()
        const watching = watched(operations('/live'), olga, text => (board += text), leaving.signal)
        await expect.poll(() => board, { timeout: 30_000 }).toContain('retry: 1000')
        const body = { lines: [{ productId: 'tea', quantity: 1 }] }
        const placed = await ask(customers('/orders'), { body, headers: anna })
        expect(placed).toMatchObject({ status: 201, body: { state: 'placed', total: { amount: 450 } } })
        const again = await ask(customers('/orders'), { body, headers: anna })
        expect(again).toMatchObject({ status: 409, body: { code: 'sold-out' } })
        const orderId = String(placed.body.orderId)
        await expect.poll(() => noticesOf(placed.body, olga), { timeout: 30_000 }).toContain(orderId)
        const subjects = async () => (await sentMail(ses.endpoint)).map(mail => mail.subject)
        await expect.poll(subjects, { timeout: 30_000 }).toContain(`New order ${orderId}`)
        await expect.poll(() => board, { timeout: 30_000 }).toContain(`"orderId":"${orderId}"`)
        const entry = async () => (await ask(customers('/catalogue/tea'))).body.available
        await expect.poll(entry, { timeout: 30_000 }).toBe(false)
        leaving.abort()
        await watching.catch(() => {})
      })

      it('loses nothing when a service is killed in the middle; while it is down it is said to be, and it is well again', async () => {
        const ben = await signedIn('ben', 'customer')
        const olga = await signedIn('oscar', 'operator')
        await stocked(shop, { ...tea, productId: 'mugs', name: 'Mugs', stock: 8 })
        const body = { lines: [{ productId: 'mugs', quantity: 1 }] }
        const order = (key: number) =>
          ask(customers('/orders'), { body, headers: { ...ben, 'idempotency-key': `order-${key}` } })
        const keys = [1, 2, 3, 4, 5, 6, 7, 8]
        const first = keys.map(order)
        await Promise.race(first)
        await at('backend').kill()
        const answered = (await Promise.all(first)).filter(({ status }) => status === 201)
        expect(await order(9)).toMatchObject({ status: 503, body: { code: 'service-unavailable' } })
        await at('backend').start()
        const orders = new Map<unknown, Heard['body']>()
        for (const key of keys) {
          await expect.poll(async () => (await order(key)).status, { timeout: 60_000, interval: 200 }).toBe(201)
          const { body: placed } = await order(key)
          orders.set(placed.orderId, placed)
        }
        expect(orders.size).toBe(keys.length)
        expect([...orders.keys()]).toEqual(expect.arrayContaining(answered.map(({ body }) => body.orderId)))
        expect(await order(10)).toMatchObject({ status: 409, body: { code: 'sold-out' } })
        const untold = async () => {
          const told = await Promise.all([...orders.values()].map(placed => noticesOf(placed, olga)))
          return [...orders.keys()].filter((orderId, at) => !told[at]?.includes(String(orderId)))
        }
        await expect.poll(untold, { timeout: 90_000, interval: 500 }).toEqual([])
      })

      it('is asked by nobody who cannot show that a service of the plan asks', async () => {
        const url = `${at('backend').url}/internal/storefront`
        const request = {
          service: 'backend',
          endpoint: 'someUpdates',
          payload: '{}',
          traceparent: '',
          untilMs: Date.now() + 5_000,
        }
        for (const token of [undefined, '', 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmVk']) {
          const { body } = await ask(url, { body: { groundplan: { ...request, token } } })
          expect(JSON.stringify(body), String(token)).toMatch(/not-authenticated|request-invalid/)
          expect(JSON.stringify(body)).not.toContain('items')
        }
      })

      it('asks its engines for nothing that its role does not allow', async () => {
        const { names, tables, services: known } = shop.system
        const databaseLoginArn = `arn:aws:secretsmanager:eu-central-1:000000000000:secret:${login}-AbCdEf`
        const parts = { names, tables, keyArn: '*', databaseLoginArn, isFunction: () => false }
        for (const task of tasks.values()) {
          const { rights = [] } = known.find(({ name }) => name === task.service) ?? {}
          const refused = task.calls.filter(call => !allows(policyOf(rights, parts), call))
          expect([...new Set(refused.map(({ action, arn }) => `${action} ${arn}`))], task.service).toEqual([])
          expect(task.calls.length, task.service).toBeGreaterThan(2)
        }
        expect(at('backend').calls.some(({ action }) => action === 'sqs:ReceiveMessage')).toBe(true)
      })
    }),
  )

  describe('C9, S11: storefront with its backend as containers, behind doors that are functions', () => {
    const compute = { backend: 'containers' } as const
    let shop: OnLambda
    let folder: string
    let backend: Running

    beforeAll(async () => {
      await built()
      // The accounts need PostgreSQL: whoever signs in does so in this process. Of the doors one is enough.
      shop = await openOnLambda({
        plan: storefront,
        planFile,
        root: repository,
        endpoints,
        compute,
        without: ['shop', 'ops-bff'],
      })
      folder = imageFolder()
      const ports = { backend: await freePort() }
      const unused = {
        GROUNDPLAN_AWS_DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
        GROUNDPLAN_AWS_DATABASE_LOGIN: 'none',
      }
      const template = templateOf(shop.system, compute)
      backend = new Running('backend', { template, folder, ports, instead: insteadOf(shop, unused) })
      await backend.start()
      const { environment } = shop.functions.get('customer-bff')?.options ?? {}
      const others = addressed(template.othersOf('customer-bff'), shop.system, ports)
      Object.assign(environment ?? {}, { GROUNDPLAN_OTHERS: others })
    })
    afterAll(async () => {
      await backend?.[Symbol.asyncDispose]()
      await shop?.close()
      if (folder) rmSync(folder, { recursive: true, force: true })
    })

    it('takes an order: the function asks the container, and the carrier brings what comes of it', async () => {
      const asks = async (given: Parameters<typeof restEvent>) => {
        const outcome = await shop.functions.get('customer-bff')?.invoke(restEvent(...given))
        if (!outcome?.ok) throw new Error(JSON.stringify(outcome))
        return JSON.parse(outcome.payload.toString())
      }
      const route = shop.here.door.routes.find(({ name }) => name === 'signIn')
      if (!route) throw new Error('nobody signs in')
      const answer = await shop.here.door.call(route, {
        ...{ method: 'POST', path: '/', params: {}, query: {}, address: '192.0.2.1' },
        body: await enrolled(shop, 'carl', 'customer'),
        header: () => undefined,
        cookie: () => undefined,
        signal: new AbortController().signal,
      })
      if (answer.kind !== 'json') throw new Error(JSON.stringify(answer))
      const headers = { authorization: `Bearer ${JSON.parse(answer.json).tokens.accessToken}` }
      await stocked(shop, { ...tea, stock: 1 })
      const body = { lines: [{ productId: 'tea', quantity: 1 }] }
      const path = '/api/storefront/customer/orders'
      expect(await asks(['POST', path, { body, headers }])).toMatchObject({ statusCode: 201 })
      expect(await asks(['POST', path, { body, headers }])).toMatchObject({ statusCode: 409 })
      const entry = async () =>
        JSON.parse((await asks(['GET', '/api/storefront/customer/catalogue/tea'])).body).available
      await expect.poll(entry, { timeout: 30_000 }).toBe(false)
      expect(shop.api.calls).toEqual([])
      await backend.kill()
      expect(await asks(['POST', path, { body, headers }])).toMatchObject({ statusCode: 503 })
    })
  })
})
