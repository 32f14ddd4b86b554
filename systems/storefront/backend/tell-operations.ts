/**
 * Operations hear of every order: a notice in their inbox and a mail.
 */
import { atomically, endpoint, subscriber } from 'groundplan'
import { z } from 'zod'
import { operator } from '../callers.ts'
import { Notice } from '../model.ts'
import { inbox, operationsMail, orderEvents } from '../resources.ts'

export const tellOperations = subscriber(orderEvents, {
  uses: { inbox: inbox.writer, mail: operationsMail.sender },
  async handle({ event, newId, sentAt }, { inbox, mail }) {
    if (event.type !== 'placed') return
    const { orderId, quantity, productName, customerId } = event.order
    const text = `${customerId} ordered ${quantity} × ${productName}`
    const at = sentAt.toISOString()
    await atomically({
      notice: inbox.put({ day: at.slice(0, 10), noticeId: newId(), orderId, text, at }),
      mail: mail.send({ subject: `New order ${orderId}`, text }),
    })
  },
})

export const readInbox = endpoint('GET /inbox/:day', {
  summary: 'The notices of a day',
  caller: operator,
  params: z.object({ day: z.iso.date() }),
  returns: z.object({ notices: z.array(Notice) }),
  uses: { inbox: inbox.reader },
  handle: async ({ params }, { inbox }) => ({ notices: (await inbox.query(params, { limit: 1_000 })).items }),
})
