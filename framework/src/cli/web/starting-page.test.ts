import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { sayStarting } from './starting-page.ts'

it('says to a browser that the pages are starting, and to a program with a problem; both may come again', async () => {
  const server = createServer(sayStarting)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const page = await fetch(url, { headers: { accept: 'text/html,*/*;q=0.8' } })
  expect(page.status).toBe(503)
  expect(page.headers.get('retry-after')).toBe('1')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await page.text()).toContain('<meta http-equiv="refresh" content="1">')
  const problem = await fetch(url, { headers: { accept: 'application/json' } })
  expect(problem.headers.get('content-type')).toBe('application/problem+json')
  expect(await problem.json()).toMatchObject({ status: 503, code: 'service-unavailable' })
  const head = await fetch(url, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([503, ''])
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})
