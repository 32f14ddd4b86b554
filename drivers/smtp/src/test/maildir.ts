/** What Exim has delivered, read by somebody else's parser. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mail } from 'groundplan/driver'
import PostalMime, { type Address } from 'postal-mime'
import { vi } from 'vitest'

/** Message-IDs of the tests that look here; systems that run beside them mail under another. */
const ours = /^<(.*)@example\.org>$/

/** Everything of these tests that was accepted, once it is delivered. */
export async function delivered(folder: string): Promise<readonly Mail[]> {
  await vi.waitFor(
    async () => {
      if ((await filesIn(join(folder, 'spool', 'input'))).length > 0) throw new Error('some mail is on its way')
    },
    { timeout: 20_000, interval: 20 },
  )
  const files = await filesIn(join(folder, 'mail', 'new'))
  const mails = files.map(async file => mailOf(await readFile(join(folder, 'mail', 'new', file))))
  return (await Promise.all(mails)).filter(({ id }) => id !== '')
}

export async function forget(folder: string): Promise<void> {
  await delivered(folder)
  for (const file of await filesIn(join(folder, 'mail', 'new'))) await rm(join(folder, 'mail', 'new', file))
}

async function filesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => [])
}

async function mailOf(content: Uint8Array): Promise<Mail> {
  const {
    messageId = '',
    headers,
    from,
    to = [],
    subject = '',
    text = '',
    html,
    replyTo,
  } = await PostalMime.parse(content)
  return {
    id: ours.exec(messageId)?.[1] ?? '',
    mailbox: headers.find(({ key }) => key === 'x-mailbox')?.value ?? '',
    from: from ? addressText(from) : '',
    to: to.map(addressText),
    subject,
    text: unix(text),
    ...(html === undefined ? {} : { html: unix(html) }),
    ...(replyTo?.[0] ? { replyTo: addressText(replyTo[0]) } : {}),
  }
}

function addressText({ name, address = '' }: Address): string {
  return name ? `${name} <${address}>` : address
}

/** Lines as we write them. The parser ends each part with one of its own. */
function unix(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/\n$/, '')
}
