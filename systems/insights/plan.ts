/**
 * insights: graphs and calculations that customers' telemetry platforms lack, on the platforms' own data.
 * The plan stands; the handlers' bodies come with the system.
 */
import {
  alarm,
  apiKeys,
  bucket,
  connection,
  consumer,
  deadLetters,
  endpoint,
  file,
  gateway,
  mailbox,
  plan,
  queue,
  schedule,
  secret,
  service,
  site,
  table,
} from 'groundplan'
import { z } from 'zod'

// ---------- what it keeps ----------

const Customer = z.object({
  customerId: z.string(),
  name: z.string(),
  platform: z.enum(['eagle', 'influx']),
  zone: z.string(),
})
const Calculation = z.object({
  customerId: z.string(),
  calculationId: z.string(),
  kind: z.enum(['rolling', 'expression']),
  node: z.string(),
  target: z.string(),
  settings: z.record(z.string(), z.unknown()),
  nextRunAt: z.iso.datetime(),
  lastRunAt: z.iso.datetime().optional(),
})
const Due = Calculation.pick({ customerId: true, calculationId: true, node: true, kind: true })
const Graph = z.object({
  graph: z.string(),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  theme: z.enum(['light', 'dark']).default('light'),
})

const customers = table('customers', { item: Customer, key: ['customerId'] })
const calculations = table('calculations', { item: Calculation, key: ['customerId', 'calculationId'] })
const progress = table('progress', {
  item: z.object({ calculationId: z.string(), upTo: z.iso.datetime(), state: z.string() }),
  key: ['calculationId'],
})
const rendered = bucket('rendered', { expireAfter: '1 day' })

// ---------- the platforms ----------

const platformKeys = secret('platform-keys', { per: 'tenant' })
const eagle = connection('eagle', {
  url: 'https://api.eagle.io/api/v1',
  credential: { from: platformKeys, header: 'X-Api-Key' },
  rate: { requests: 5, per: '1 second' },
})
const influx = connection('influx', {
  url: 'http://localhost:8086',
  credential: { from: platformKeys, header: 'Authorization', prefix: 'Token ' },
})

// ---------- the calculations: a queue for each kind ----------

const rollings = queue('rollings', { message: Due, orderBy: due => due.calculationId, lease: '5 minutes' })
const expressions = queue('expressions', { message: Due, orderBy: due => due.calculationId, lease: '5 minutes' })
const computing = {
  eagle: eagle.client,
  influx: influx.client,
  calculations: calculations.writer,
  progress: progress.writer,
}

const findDue = schedule(
  { every: '1 minute' },
  {
    uses: {
      customers: customers.scanner,
      calculations: calculations.reader,
      rollings: rollings.sender,
      expressions: expressions.sender,
    },
    handle: comesWithTheSystem,
  },
)
const computeRolling = consumer(rollings, { concurrency: 4, uses: computing, handle: comesWithTheSystem })
const computeExpression = consumer(expressions, { concurrency: 2, uses: computing, handle: comesWithTheSystem })

// ---------- the pages ----------

const viewers = apiKeys('insights', { scopes: ['view', 'manage'] })

const graph = endpoint('GET /graphs/:customer/:parameter', {
  summary: 'A graph of one parameter; a reference that is not yours shows nothing',
  caller: viewers.with('view'),
  query: Graph,
  returns: file('image/svg+xml', 'image/png', 'text/csv'),
  fails: { 'not-found': 404, 'platform-unavailable': 503 },
  uses: { customers: customers.reader, eagle: eagle.client, influx: influx.client, rendered: rendered.writer },
  handle: comesWithTheSystem,
})
const addCustomer = endpoint('PUT /customers/:customerId', {
  summary: 'A customer, with the key of its platform',
  caller: viewers.with('manage'),
  body: Customer.omit({ customerId: true }).extend({ key: z.string() }),
  returns: Customer,
  uses: { customers: customers.writer, keys: platformKeys.keeper },
  handle: comesWithTheSystem,
})
const progressOf = endpoint('GET /customers/:customerId/calculations', {
  summary: 'Calculations with their last run, next run and lag',
  caller: viewers.with('manage'),
  returns: z.object({ calculations: z.array(Calculation) }),
  uses: { calculations: calculations.reader },
  handle: async ({ params }, { calculations }) => ({ calculations: (await calculations.query(params)).items }),
})

const consultancy = mailbox('consultancy', { from: 'insights@example.org', to: 'consultancy@example.org' })

const web = service('web', { graph, addCustomer, progressOf })
const calculator = service('calculator', { findDue, computeRolling, computeExpression })

export default plan('insights', {
  gateways: { api: gateway(web, { throttle: { rate: 100, burst: 200 } }) },
  services: [calculator],
  sites: [site('graphs', { path: '/graphs' })],
  alarms: [alarm('rollings-failing', { when: deadLetters(rollings).above(0), tell: consultancy })],
})

function comesWithTheSystem(): never {
  throw new Error('insights is planned; its handlers are not written yet')
}
