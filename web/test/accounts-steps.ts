/** What people do on the pages of accounts, and what tests look at there. */
import type { Page } from 'playwright-core'
import type { Visit } from './browser.ts'
import { alive, patient } from './shopping.ts'

export const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor(patient)

/** A part of a page, by its title. */
export const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true })

/** Presses a button once its page has its scripts. */
export async function press(page: Page, name: string): Promise<void> {
  const button = page.getByRole('button', { name, exact: true })
  await alive(button)
  await button.click()
}

/** What a browser writes into its console when an answer is a refusal that was looked for. */
export function refusals({ complaints }: Visit, status: number): number {
  const kept = complaints.splice(0)
  const refused = kept.filter(text => text.includes(`the server responded with a status of ${status}`))
  complaints.push(...kept.filter(text => !refused.includes(text)))
  return refused.length
}

export async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await press(page, 'Sign in')
}

/** Whether the browser of this page is signed in, as the accounts of the system say. */
export function statusOfMe(page: Page, system = 'storefront'): Promise<number> {
  return page.evaluate(path => fetch(path).then(({ status }) => status), `/api/${system}/accounts/me`)
}
