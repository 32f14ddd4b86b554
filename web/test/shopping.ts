/** The portals in browsers, as the people of the sample data: signed in through the API, as their browser would be. */
import type { Locator } from 'playwright-core'
import { expect } from 'vitest'
import type { Visit, VisitOptions } from './browser.ts'

export type Name = 'anna' | 'ben' | 'olga'

/** Machines that test are busy ones. */
export const patient = { timeout: 20_000 }

/** Resolves once its page has its scripts: what is pressed or typed before may do nothing. */
export async function alive(part: Locator): Promise<void> {
  await part.waitFor(patient)
  const isAlive = () => part.evaluate(each => Object.keys(each).some(key => key.startsWith('__reactProps')))
  await expect.poll(isAlive, patient).toBe(true)
}

/** Opens a page in a browser of its own in which `name` is signed in. */
export async function openAs<Kind extends Visit>(
  open: (url: string, options: VisitOptions) => Promise<Kind>,
  url: string,
  name: Name,
  path: string,
): Promise<Kind> {
  return open(url + path, { cookies: await signedInAs(url, name) })
}

/** The cookies of a sign-in of their own: a session that two browsers share ends when both renew it. */
export async function signedInAs(url: string, name: Name) {
  const answer = await fetch(`${url}/api/storefront/accounts/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${name}@example.org`, password: `development-${name}` }),
  })
  expect(answer.status).toBe(200)
  return answer.headers.getSetCookie().map(line => {
    const [cookie = '', value = ''] = line.split(';', 1)[0]?.split('=') ?? []
    return { name: cookie, value }
  })
}

/** Puts a product into the basket through its page. */
export async function putIn({ page }: Visit, url: string, productId: string, quantity = 1): Promise<void> {
  await page.goto(`${url}/shop/products/${productId}`)
  const put = page.getByRole('button', { name: 'Put in the basket' })
  await alive(put)
  await page.getByLabel('How many').fill(String(quantity))
  await put.click()
  await page.getByText(`${quantity} in your`).waitFor(patient)
}

/** Orders what is in the basket; gives the order's id. */
export async function order({ page }: Visit): Promise<string> {
  await page.getByRole('link', { name: /^Basket/ }).click()
  await page.getByRole('button', { name: 'Place the order' }).click()
  await page.waitForURL(/\/shop\/orders\/[^/]+$/, patient)
  await page.getByText('We have your order').waitFor(patient)
  return page.url().split('/').at(-1) ?? ''
}
