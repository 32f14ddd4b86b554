/** The embedded outbox of what runs, as its files: what accounts wrote to somebody, and the link in it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Running } from './running.ts'
import { patient } from './shopping.ts'

/** The texts of all mails to an address, the oldest first. */
export function mailsTo({ data }: Running, email: string): readonly string[] {
  return readdirSync(data, { withFileTypes: true, recursive: true })
    .filter(file => file.isFile() && file.name.endsWith('.eml'))
    .map(file => join(file.parentPath, file.name))
    .toSorted()
    .map(path => readFileSync(path, 'latin1'))
    .filter(text => text.includes(`To: ${email}`))
    .map(plain)
}

/** Resolves to the page and token of the newest link, once there are so many mails. */
export async function linkTo(running: Running, email: string, mails = 1): Promise<string> {
  const newest = (): string => {
    const texts = mailsTo(running, email)
    return texts.length === mails ? (texts.at(-1) ?? '') : `${texts.length} mails`
  }
  await expect.poll(newest, patient).toMatch(link)
  return link.exec(newest())?.[1] ?? ''
}

const link = /http:\/\/[^\s/]+(\/\S+)/

/** Quoted-printable, as its reader sees it. */
function plain(text: string): string {
  return text
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
}
