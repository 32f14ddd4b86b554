/** A small system that has what a function can meet: queues, a schedule, a file, a stream, an alarm, another service. */
import {
  alarm,
  answer,
  anyone,
  bucket,
  consumer,
  deadLetters,
  endpoint,
  file,
  gateway,
  internal,
  mailbox,
  plan,
  problem,
  queue,
  schedule,
  service,
  stream,
  subscriber,
  table,
} from 'groundplan'
import { z } from 'zod'

const Errand = z.object({ name: z.string().min(1), does: z.enum(['well', 'fails', 'hangs']) })
const Done = z.object({ name: z.string(), attempt: z.int(), at: z.iso.datetime().optional() })

export const done = table('done', { item: Done, key: ['name'] })
export const errands = queue('errands', {
  message: Errand,
  attempts: 2,
  backoff: { first: '1 second', most: '1 second' },
})
export const steps = queue('steps', {
  message: Errand,
  orderBy: () => 'all',
  attempts: 3,
  backoff: { first: '1 second', most: '1 second' },
})

const people = mailbox('people', { from: 'errands@example.org', to: 'people@example.org' })
export const pictures = bucket('pictures')

const never = new Promise<never>(() => {})

const doErrand = consumer(errands, {
  uses: { done: done.writer },
  timeout: '1 minute',
  async handle({ message: { name, does }, attempt, at }, { done }) {
    if (does === 'fails') throw new Error('this one fails')
    if (does === 'hangs' && attempt === 1) await never
    await done.put({ name, attempt, at: at.toISOString() })
  },
})

const doStep = consumer(steps, {
  uses: { done: done.writer },
  async handle({ message: { name, does }, attempt }, { done }) {
    if (does === 'fails' && attempt === 1) throw new Error('not yet')
    await done.put({ name, attempt })
  },
})

const nightly = schedule(
  { cron: '0 3 * * *', zone: 'UTC' },
  {
    uses: { done: done.writer },
    handle: async ({ tick }, { done }) => done.put({ name: `tick ${tick.toISOString()}`, attempt: 1 }),
  },
)

/** Told of a new object, with who told it. */
const hung = subscriber(pictures.created, {
  uses: { done: done.writer },
  async handle({ event: { key, bytes }, attempt }, { done }) {
    await done.put({ name: `picture ${key} of ${bytes} bytes`, attempt })
  },
})

const Greeting = z.object({ greets: z.string() })
const Tick = z.object({ n: z.int(), text: z.string() })

const greet = endpoint('GET /greetings/:name', {
  summary: 'Greets',
  caller: internal,
  returns: Greeting,
  fails: { 'nobody-known': 404 },
  handle: ({ params: { name } }) => (name === 'nobody' ? problem('nobody-known') : { greets: name }),
})

/** Told from outside the process, so that it is seen when a piece leaves. */
const ticks = endpoint('GET /ticks', {
  summary: 'A number at a time, until it is ended',
  caller: internal,
  query: z.object({ to: z.coerce.number().int() }),
  returns: stream(Tick),
  fails: { 'too-many': 422 },
  handle: ({ query: { to } }) => (to > 100 ? problem('too-many', 'a hundred at most') : ticking(to)),
})

async function* ticking(to: number) {
  for (let n = 1; n <= to; n++) {
    yield { n, text: 'two\nlines — ☕' }
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

export const worker = service('worker', { doErrand, doStep, nightly, hung, greet, ticks })

const greeting = endpoint('GET /hello/:name', {
  summary: 'Asks the other service',
  caller: anyone,
  query: z.object({ times: z.coerce.number().int().min(1).max(3).default(1) }),
  returns: { 200: Greeting },
  fails: { 'nobody-known': 404 },
  uses: { worker: worker.client },
  async handle({ params, query }, { worker }) {
    const reply = await worker.greet({ params })
    if (!reply.ok) return reply.problem
    return answer(200, { greets: reply.value.greets.repeat(query.times) }, { 'X-Times': String(query.times) })
  },
})

const send = endpoint('POST /errands', {
  summary: 'Sends an errand',
  caller: anyone,
  body: Errand,
  returns: z.object({ sent: z.boolean() }),
  uses: { errands: errands.sender, steps: steps.sender },
  async handle({ body }, { errands }) {
    await errands.send(body)
    return { sent: true }
  },
})

/** Errands for later: after so many seconds, or at a time. */
const sendLater = endpoint('POST /errands/later', {
  summary: 'Sends an errand that is due later',
  caller: anyone,
  body: z.object({ errand: Errand, at: z.iso.datetime().optional() }),
  returns: z.object({ sent: z.boolean() }),
  uses: { errands: errands.sender },
  async handle({ body: { errand, at } }, { errands }) {
    await errands.send(errand, at === undefined ? { delay: '3 seconds' } : { at: new Date(at) })
    return { sent: true }
  },
})

const picture = endpoint('GET /picture', {
  summary: 'Bytes',
  caller: anyone,
  returns: file('image/png'),
  handle: () => ({ type: 'image/png' as const, content: Uint8Array.from([0x89, 0x50, 0xff, 0]), name: 'dot.png' }),
})

const counting = endpoint('GET /counting', {
  summary: 'Three events',
  caller: anyone,
  returns: stream(z.object({ n: z.int() })),
  async *handle() {
    for (const n of [1, 2, 3]) yield { n }
  },
})

const handedOn = endpoint('GET /handed-on/:to', {
  summary: 'The stream of the other service',
  caller: anyone,
  returns: stream(Tick),
  fails: { 'too-many': 422 },
  uses: { worker: worker.client },
  async handle({ params: { to } }, { worker }) {
    const reply = await worker.ticks({ query: { to: Number(to) } })
    return reply.ok ? reply.value : reply.problem
  },
})

const hanging = endpoint('GET /hanging', {
  summary: 'Never answers',
  caller: anyone,
  timeout: '29 seconds',
  returns: Greeting,
  handle: () => never,
})

export default plan('errands', {
  gateways: { desk: gateway(service('desk', { greeting, send, sendLater, picture, counting, handedOn, hanging })) },
  alarms: [alarm('errands-buried', { when: deadLetters(errands).above(0), tell: people })],
})
