/** An order that is sent until its fate is known. */
import { ClientError } from 'groundplan/client'
import { expect, it } from 'vitest'
import { sendOrder } from './send-order.ts'

const sending = { key: 'k1', userId: 'anna', name: 'Anna', lines: [{ productId: 'camera', quantity: 1 }], atMs: 0 }
type Client = Parameters<typeof sendOrder>[0]

/** A shop that answers so, one after the other; what it was asked is kept. */
function shop(...answers: readonly (() => unknown)[]) {
  const asked: unknown[] = []
  const order = async (request: unknown): Promise<unknown> => {
    asked.push(request)
    return answers[asked.length - 1]?.()
  }
  return { client: { order } as Client, asked } // answers as the gateway does
}

const unanswered = () => {
  throw new ClientError('order', { status: undefined, code: 'service-unavailable' })
}
const soldOut = () => ({
  ok: false,
  problem: { kind: 'problem', code: 'sold-out', detail: 'There are not 1 of "Camera" left' },
})
const good = () => ({ ok: true, value: { orderId: 'o1' } })

const fateOf = (client: Client) =>
  new Promise<readonly string[]>(resolve => {
    const seen: string[] = []
    sendOrder(client, sending, {
      delayed: () => void seen.push('delayed'),
      placed: ({ orderId }) => resolve([...seen, `placed ${orderId}`]),
      refused: ({ code, detail }) => resolve([...seen, `${code}: ${detail}`]),
    })
  })

it('S3: sends an order again under its own key while nobody answers', async () => {
  const { client, asked } = shop(unanswered, good)
  expect(await fateOf(client)).toEqual(['delayed', 'placed o1'])
  const request = { once: 'k1', body: { lines: sending.lines, name: 'Anna' } }
  expect(asked).toEqual([request, request])
})

it('says why the shop refuses, and sends no more', async () => {
  const { client, asked } = shop(soldOut, good)
  expect(await fateOf(client)).toEqual(['sold-out: There are not 1 of "Camera" left'])
  expect(asked).toHaveLength(1)
})

it('tells nobody of the answer once the page is left: the order stays noted for the next', async () => {
  const told: string[] = []
  let answer = (_value: unknown): void => {}
  const answered = new Promise(resolve => {
    answer = resolve
  })
  const client = { order: () => answered } as Client // answers as the gateway does
  const tell = () => void told.push('told')
  const leave = sendOrder(client, sending, { placed: tell, refused: tell, delayed: tell })
  leave()
  answer(good())
  await answered
  await Promise.resolve()
  expect(told).toEqual([])
})
