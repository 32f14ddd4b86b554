/** What SES was given, as its stand-in tells it, read by somebody else's parser. */
import type { Mail } from 'groundplan/driver'
import PostalMime, { type Address } from 'postal-mime'

interface Told {
  readonly ses?: { readonly RawMessage?: readonly { readonly raw_data: string }[] }
}

export async function sentMail(endpoint: string): Promise<readonly Mail[]> {
  const answer = await fetch(new URL('/moto-api/data.json', endpoint))
  const { ses } = (await answer.json()) as Told
  return Promise.all((ses?.RawMessage ?? []).map(({ raw_data }) => mailOf(raw_data)))
}

async function mailOf(content: string): Promise<Mail> {
  const { headers, from, to = [], subject = '', text = '', html, replyTo } = await PostalMime.parse(content)
  const header = (name: string): string => headers.find(({ key }) => key === name)?.value ?? ''
  return {
    id: header('x-groundplan-id'),
    mailbox: header('x-mailbox'),
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
