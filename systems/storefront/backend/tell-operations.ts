/**
 * Operations hear of every order: a notice in their inbox and a mail. An event may come twice: it makes the same ids
 * again, so the notice stands there once.
 */
import { atomically, endpoint, problem, subscriber } from 'groundplan'
import { z } from 'zod'
import { operator } from '../callers.ts'
import { Day } from '../model/ids.ts'
import { Notice } from '../model/notices.ts'
import { inbox, operationsMail, orderEvents } from '../resources.ts'

export const tellOperations = subscriber(orderEvents, {
  uses: { inbox: inbox.writer, mail: operationsMail.sender },
  async handle({ event, newId, sentAt }, { inbox, mail }) {
    if (event.type !== 'placed' && event.type !== 'cancelled') return
    const { orderId, by } = event
    const what = event.type === 'placed' ? `ordered ${inWords(event.lines)}` : `cancelled: ${event.reason}`
    const text = `${by} ${what}`
    const at = sentAt.toISOString()
    const subject = event.type === 'placed' ? `New order ${orderId}` : `Cancelled order ${orderId}`
    await atomically({
      notice: inbox.insert({ day: at.slice(0, 10), noticeId: newId(), orderId, text, at }),
      mail: mail.send({ subject, text }),
    })
  },
})

function inWords(lines: readonly { readonly quantity: number; readonly productName: string }[]): string {
  return lines.map(({ quantity, productName }) => `${quantity} × ${productName}`).join(', ')
}

export const InboxDay = z.object({ notices: z.array(Notice) })
export const DayParams = z.object({ day: Day })

export const readInbox = endpoint('GET /inbox/:day', {
  summary: 'The notices of a day',
  caller: operator,
  params: DayParams,
  returns: InboxDay,
  uses: { inbox: inbox.reader },
  handle: async ({ params }, { inbox }) => ({ notices: (await inbox.query(params, { limit: 1_000 })).items }),
})

export const NoticeParams = DayParams.extend({ noticeId: z.string().min(1).max(200) })

export const seeNotice = endpoint('POST /inbox/:day/:noticeId/seen', {
  summary: 'A notice was seen to',
  caller: operator,
  params: NoticeParams,
  returns: Notice,
  fails: { 'not-found': 404 },
  uses: { inbox: inbox.writer },
  handle: ({ params, at }, { inbox }) =>
    inbox.patch(params, { seenAt: at.toISOString() }).or(problem('not-found', 'There is no such notice')),
})
