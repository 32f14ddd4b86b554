/** A session that renews itself, between a page and a gateway that forgets it. */
import { expect, it } from 'vitest'
import { renewingFetch } from './renewing.ts'

/** A gateway that knows who is there until it forgets; what it was asked is kept. */
function gateway({ renews = true } = {}) {
  const asked: string[] = []
  let isKnown = true
  const answer = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const path = String(input)
    asked.push(`${init?.method ?? 'GET'} ${path}`)
    await Promise.resolve()
    if (path === '/accounts/refresh') {
      isKnown = renews
      return new Response('{}', { status: renews ? 200 : 401 })
    }
    return new Response(String(init?.body ?? ''), { status: isKnown ? 200 : 401 })
  }
  const forget = (): void => {
    isKnown = false
  }
  return { fetch: answer, asked, forget }
}

const alone = (_name: string, run: () => Promise<boolean>) => run()

it('S3: renews the session when an answer says that nobody is signed in, and sends the same again', async () => {
  const { fetch, asked, forget } = gateway()
  const renewing = renewingFetch('/accounts', { fetch, alone })
  expect((await renewing('/orders')).status).toBe(200)
  forget()
  const answer = await renewing('/orders', { method: 'POST', body: 'two cameras' })
  expect([answer.status, await answer.text()]).toEqual([200, 'two cameras'])
  expect(asked).toEqual(['GET /orders', 'POST /orders', 'POST /accounts/refresh', 'POST /orders'])
})

it('renews once for all requests that find out together', async () => {
  const { fetch, asked, forget } = gateway()
  const renewing = renewingFetch('/accounts', { fetch, alone })
  forget()
  const answers = await Promise.all(['/a', '/b', '/c'].map(path => renewing(path)))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(asked.filter(each => each.endsWith('/refresh'))).toHaveLength(1)
})

it('gives the refusal itself when it cannot be renewed, and asks no further', async () => {
  const { fetch, asked, forget } = gateway({ renews: false })
  const renewing = renewingFetch('/accounts', { fetch, alone })
  forget()
  expect((await renewing('/orders')).status).toBe(401)
  expect(asked).toEqual(['GET /orders', 'POST /accounts/refresh'])
})
