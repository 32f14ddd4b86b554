/**
 * The examples of docs/concepts/plan.md: a library that lends books, with every word of a plan. Compiled, never run; the
 * page shows the regions as they stand here, and a test checks the plan.
 */
import { z } from 'zod'
import { alarm, deadLetters, lag } from './alarm.ts'
import { anyone, authorizer } from './authorizer.ts'
import { bucket } from './bucket.ts'
import { connection } from './connection.ts'
import { consumer } from './consumer.ts'
import { database } from './database.ts'
import { endpoint } from './endpoint.ts'
import { gateway } from './gateway.ts'
import { mailbox } from './mailbox.ts'
import { atomically } from './operation.ts'
import { plan } from './plan.ts'
import { problem } from './problem.ts'
import { queue } from './queue.ts'
import { reaction } from './reaction.ts'
import { retention } from './retention.ts'
import { schedule } from './schedule.ts'
import { secret, setting } from './secret.ts'
import { service } from './service.ts'
import { site } from './site.ts'
import { subscriber } from './subscriber.ts'
import { table } from './table.ts'
import { topic } from './topic.ts'
import { view } from './view.ts'

const Book = z.object({ isbn: z.string(), title: z.string(), shelf: z.string(), left: z.int().min(0).default(1) })
const OnShelf = Book.pick({ shelf: true, isbn: true, title: true })
const Loan = z.object({ reader: z.string(), isbn: z.string(), day: z.iso.date(), lentAt: z.iso.datetime() })
const Session = z.object({ token: z.string(), reader: z.string(), endsAt: z.iso.datetime() })
const Reader = z.object({ reader: z.string() })
const Fine = z.object({ reader: z.string(), cents: z.int() })

// #region resources
const books = table('books', { item: Book, key: ['isbn'] })
const loans = table('loans', { item: Loan, key: ['reader', 'isbn'], indexes: { day: ['day', 'lentAt'] } })
const sessions = table('sessions', { item: Session, key: ['token'], expires: 'endsAt' })
const ledger = database('ledger', {
  rows: { fines: Fine },
  migrations: [{ name: '001-fines', up: 'create table fines (reader text not null, cents integer not null)' }],
})
const reminders = queue('reminders', { message: Loan, orderBy: loan => loan.reader, attempts: 3 })
const lent = topic('lent', { event: Loan })
const covers = bucket('covers', { expireAfter: '365 days' })
const archive = bucket('archive', { coldAfter: '30 days' })
const desk = mailbox('desk', { from: 'Library <desk@example.org>', to: 'staff@example.org' })
const fineCents = setting('fine-cents', z.coerce.number().int().default(20))
const catalogueKey = secret('catalogue-key')
const unionCatalogue = connection('union-catalogue', {
  url: 'https://catalogue.example.org/v1',
  credential: { from: catalogueKey, header: 'X-Api-Key' },
})
// #endregion resources

// #region endpoint
const reader = authorizer('reader', {
  caller: Reader,
  uses: { sessions: sessions.reader },
  authorize: (request, { sessions }) => sessions.get({ token: request.cookie('session') ?? '' }),
})

const lend = endpoint('POST /books/:isbn/loans', {
  summary: 'Borrow a book',
  caller: reader,
  returns: { 201: Loan },
  fails: { 'none-left': 409 },
  once: 'Idempotency-Key',
  uses: { books: books.writer, loans: loans.writer, lent: lent.publisher },
  handle({ params, caller, at }, { books, loans, lent }) {
    const lentAt = at.toISOString()
    const loan = { ...caller, ...params, day: lentAt.slice(0, 10), lentAt }
    return atomically({
      book: books.add(params, { left: -1 }, { floor: 0 }),
      loan: loans.put(loan),
      event: lent.publish(loan),
    }).answer(loan, { book: problem('none-left', 'All copies are out') })
  },
})
// #endregion endpoint

const cover = endpoint('GET /books/:isbn/cover', {
  summary: 'A link to its cover',
  caller: anyone,
  returns: z.object({ url: z.url() }),
  uses: { covers: covers.reader },
  handle: async ({ params }, { covers }) => ({ url: await covers.link(params.isbn) }),
})

// #region handlers
const tellDesk = subscriber(lent, {
  uses: { desk: desk.sender },
  handle: ({ event }, { desk }) => desk.send({ subject: 'Lent', text: `${event.reader} has ${event.isbn}` }),
})

const findLate = schedule(
  { cron: '0 6 * * *', zone: 'Europe/Berlin' },
  {
    uses: { loans: loans.reader, reminders: reminders.sender },
    async handle({ tick }, { loans, reminders }) {
      const day = new Date(tick.getTime() - 28 * 86_400_000).toISOString().slice(0, 10)
      const { items } = await loans.by.day({ day })
      for (const loan of items) await reminders.send(loan)
    },
  },
)

const remind = consumer(reminders, {
  uses: { ledger: ledger.writer, fine: fineCents.reader },
  async handle({ message: { reader } }, { ledger, fine }) {
    const cents = await fine.get()
    await ledger.transaction(tx => tx.insertInto('fines').values({ reader, cents }).execute())
  },
})

const shelves = view('shelves', {
  from: books,
  item: OnShelf,
  key: ['shelf', 'isbn'],
  project: book => (book.left > 0 ? book : undefined),
})

const stuck = alarm('reminders-stuck', { when: deadLetters(reminders).above(10), tell: desk })

const askForHelp = reaction(stuck, {
  uses: { catalogue: unionCatalogue.client },
  handle: (_call, { catalogue }) => catalogue.post('/help', { returns: z.unknown() }),
})

const oldLoans = retention(loans, { by: 'lentAt', after: '365 days', archive, when: { every: '1 day' } })
// #endregion handlers

const atShelf = endpoint('GET /shelves/:shelf', {
  summary: 'The books that stand on a shelf',
  caller: anyone,
  returns: z.object({ items: z.array(OnShelf) }),
  uses: { shelves: shelves.reader },
  handle: async ({ params }, { shelves }) => ({ items: (await shelves.query(params)).items }),
})

// #region plan
const lending = service('lending', { lend, cover, atShelf, tellDesk, shelves })
const office = service('office', { findLate, remind, askForHelp, oldLoans })

export default plan('library', {
  gateways: { api: gateway(lending, { throttle: { rate: 100, burst: 200 } }) },
  services: [office],
  sites: [site('catalogue', { path: '/library' })],
  alarms: [alarm('shelves-behind', { when: lag(shelves).above('10 seconds'), for: '5 minutes', tell: desk })],
})
// #endregion plan
