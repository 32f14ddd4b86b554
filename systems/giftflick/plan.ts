/**
 * giftflick: a gift with a personal video. An outside service renders the video and uploads it; the friend gets an
 * e-mail with a link. The plan stands; the handlers' bodies come with the system.
 */
import {
  apiKeys,
  bucket,
  connection,
  consumer,
  database,
  endpoint,
  gateway,
  mailbox,
  nothing,
  plan,
  queue,
  secret,
  service,
  setting,
  site,
  subscriber,
} from 'groundplan'
import { z } from 'zod'

// ---------- what it keeps ----------

const Account = z.object({ account_id: z.string(), name: z.string() })
const Gift = z.object({
  gift_id: z.string(),
  account_id: z.string(),
  sender: z.email(),
  recipient: z.email(),
  message: z.string().max(2_000),
  state: z.enum(['composing', 'rendering', 'ready', 'watched', 'expired', 'failed']).default('composing'),
  video_key: z.string().nullable().default(null),
  created_at: z.iso.datetime(),
})
const RenderJob = z.object({ giftId: z.string(), prefix: z.string() })

export const gifts = database('gifts', {
  rows: { accounts: Account, gifts: Gift },
  migrations: [
    {
      name: '001-gifts',
      up: `create table accounts (account_id text primary key, name text not null);
           create table gifts (gift_id text primary key, account_id text not null references accounts, sender text not null,
             recipient text not null, message text not null, state text not null default 'composing', video_key text,
             created_at text not null);
           create index gifts_of_account on gifts (account_id, created_at);`,
    },
  ],
})
const videos = bucket('videos', { expireAfter: '90 days' })
const photos = bucket('photos', { expireAfter: '90 days' })
const renderJobs = queue('render-jobs', { message: RenderJob, attempts: 5, lease: '2 minutes' })

// ---------- the outside ----------

const rendererUrl = setting('renderer-url', z.url())
const callbackToken = secret('callback-token')
const renderer = connection('renderer', {
  url: rendererUrl,
  credential: { from: secret('renderer-token'), header: 'Authorization', prefix: 'Bearer ' },
})
const mail = mailbox('giftflick', { from: 'Giftflick <gifts@example.org>' })

// ---------- who calls ----------

const partners = apiKeys('giftflick', {
  scopes: ['gifts'],
  rates: { free: { perSecond: 5, perMonth: 1_000 }, paid: { perSecond: 50, perMonth: 100_000 } },
})

// ---------- gifts ----------

const NewGift = Gift.pick({ sender: true, recipient: true, message: true })

const compose = endpoint('POST /gifts', {
  summary: 'Compose a gift',
  caller: partners.with('gifts'),
  body: NewGift,
  returns: { 201: Gift },
  once: 'Idempotency-Key',
  uses: { gifts: gifts.writer },
  handle: comesWithTheSystem,
})
const addPhoto = endpoint('POST /gifts/:giftId/photos', {
  summary: 'A link to upload a photo by',
  caller: partners.with('gifts'),
  returns: z.object({ url: z.url() }),
  fails: { 'not-found': 404 },
  uses: { gifts: gifts.reader, photos: photos.writer },
  handle: comesWithTheSystem,
})
const send = endpoint('POST /gifts/:giftId/send', {
  summary: 'Have the video rendered and the gift sent',
  caller: partners.with('gifts'),
  returns: { 202: Gift },
  fails: { 'not-found': 404, 'already-sent': 409 },
  uses: { gifts: gifts.writer, jobs: renderJobs.sender },
  async handle({ params }, { gifts, jobs }) {
    return gifts.transaction(async tx => {
      const gift = await tx
        .updateTable('gifts')
        .set({ state: 'rendering' })
        .where('gift_id', '=', params.giftId)
        .returningAll()
        .executeTakeFirstOrThrow()
      await tx.send(jobs.send({ giftId: gift.gift_id, prefix: `videos/${gift.gift_id}` }))
      return gift
    })
  },
})
const startRendering = consumer(renderJobs, {
  uses: { gifts: gifts.reader, photos: photos.reader, videos: videos.uploader, renderer: renderer.client },
  handle: comesWithTheSystem,
})
const rendered = endpoint('POST /renderings/:giftId', {
  summary: 'The renderer says that a video is uploaded, or that it failed',
  caller: partners.with('gifts'),
  body: z.object({ key: z.string().optional(), failure: z.string().optional() }),
  returns: nothing,
  uses: { gifts: gifts.writer, token: callbackToken.reader },
  handle: comesWithTheSystem,
})
const deliver = subscriber(videos.created, {
  uses: { gifts: gifts.writer, mail: mail.sender },
  handle: comesWithTheSystem,
})

const api = service('api', { compose, addPhoto, send, rendered, startRendering, deliver })

export default plan('giftflick', {
  gateways: { api: gateway(api, { throttle: { rate: 100, burst: 200 } }) },
  sites: [site('gifts', { path: '/gifts' })],
})

function comesWithTheSystem(): never {
  throw new Error('giftflick is planned; its handlers are not written yet')
}
