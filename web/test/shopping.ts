/** The portals in browsers, as the people of the sample data: signed in through the API, as their browser would be. */
import { expect } from 'vitest'
import type { OpenBrowser, Visit, VisitOptions } from './browser.ts'

export type Name = 'anna' | 'ben' | 'olga'

/** Machines that test are busy ones. */
export const patient = { timeout: 20_000 }

/** Opens a page in a browser of its own in which `name` is signed in. */
export async function openAs(browser: OpenBrowser, url: string, name: Name, path: string, options?: VisitOptions) {
  const visit = await browser.open(`${url}/look`, options)
  const status = await visit.page.evaluate(signIn, { email: `${name}@example.org`, password: `development-${name}` })
  expect(status).toBe(200)
  await visit.page.goto(url + path)
  return visit
}

async function signIn(body: { readonly email: string; readonly password: string }): Promise<number> {
  const answer = await fetch('/api/storefront/accounts/sign-in', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return answer.status
}

/** Puts a product into the basket through its page. */
export async function putIn({ page }: Visit, url: string, productId: string, quantity = 1): Promise<void> {
  await page.goto(`${url}/shop/products/${productId}`)
  await page.getByLabel('How many').fill(String(quantity))
  await page.getByRole('button', { name: 'Put in the basket' }).click()
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
