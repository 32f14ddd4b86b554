import { describe, expect, it } from 'vitest'
import type { SentMail } from '../contract/mail.ts'
import { emlOf } from './eml.ts'

function mailOf(more: Partial<SentMail> = {}): SentMail {
  return {
    ...{ id: 'm-1', mailbox: 'operations', from: 'shop@example.org', to: ['anna@example.org'] },
    ...{ subject: 'New order', text: 'Hello', sentAtMs: Date.UTC(2026, 10, 21, 10) },
    ...more,
  }
}

interface Read {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Reads a mail or a part of one, as mail programs do. */
function read(text: string): Read {
  const end = text.indexOf('\r\n\r\n')
  const lines = text
    .slice(0, end)
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n')
  const headers = lines.map(line => [line.slice(0, line.indexOf(':')), decoded(line.slice(line.indexOf(':') + 2))])
  return { headers: Object.fromEntries(headers) as Record<string, string>, body: text.slice(end + 4) }
}

function decoded(value: string): string {
  return value
    .replace(/(=\?UTF-8\?B\?[^?]*\?=) +(?==\?)/g, '$1')
    .replace(/((?:=\?UTF-8\?B\?[^?]*\?=)+)/g, words =>
      Buffer.concat(
        [...words.matchAll(/B\?([^?]*)\?=/g)].map(([, code = '']) => Buffer.from(code, 'base64')),
      ).toString(),
    )
}

function unquoted(body: string): string {
  const bytes = body
    .replace(/\r\n$/, '')
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  return Buffer.from(bytes, 'latin1').toString().replaceAll('\r\n', '\n')
}

describe('a mail as text', () => {
  it('has its headers and its text, readable by a person', () => {
    expect(emlOf(mailOf()).split('\r\n')).toEqual([
      'Date: Sat, 21 Nov 2026 10:00:00 +0000',
      'From: shop@example.org',
      'To: anna@example.org',
      'Subject: New order',
      'Message-ID: <m-1@groundplan.local>',
      'X-Mailbox: operations',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Hello',
      '',
    ])
  })

  it('keeps names, subjects and texts in any letters', () => {
    const subject = 'Größe, 日本語, 👩‍👩‍👧, =?utf-8?q?not_a_code?= and more than one line of a header can hold at once'
    const text = `.\n..\nFrom here\n\n${'a very long line '.repeat(200)}\nÜ=3D 👍 \nends with a tab\t\n`
    const { headers, body } = read(
      emlOf(
        mailOf({ subject, text, from: 'The Shop, Berlin <shop@example.org>', to: ['Bert Müller <b@example.org>'] }),
      ),
    )
    expect(headers.Subject).toBe(subject)
    expect(headers.From).toBe('"The Shop, Berlin" <shop@example.org>')
    expect(headers.To).toBe('Bert Müller <b@example.org>')
    expect(unquoted(body)).toBe(text)
  })

  it('has the text and the HTML as two ways to read one mail', () => {
    const html = '<p title="ü">=_ and --=_ are no boundaries\n</p>'
    const { headers, body } = read(emlOf(mailOf({ html, replyTo: 'answers@example.org' })))
    const boundary = /^multipart\/alternative; boundary="(.*)"$/.exec(headers['Content-Type'] ?? '')?.[1] ?? ''
    expect(headers['Reply-To']).toBe('answers@example.org')
    const [before, plain = '', rich = '', after] = body.split(new RegExp(`--${boundary}(?:--)?\r\n`))
    expect([before, after]).toEqual(['', ''])
    expect(unquoted(read(plain).body.replace(/\r\n$/, ''))).toBe('Hello')
    expect(unquoted(read(rich).body.replace(/\r\n$/, ''))).toBe(html)
  })

  it('has no line of more than 78 characters', () => {
    const long = mailOf({ subject: 'word '.repeat(300), text: 'x'.repeat(5_000), mailbox: 'm'.repeat(200) })
    const wide = mailOf({ subject: '日'.repeat(500), to: Array.from({ length: 50 }, (_, at) => `a${at}@example.org`) })
    for (const mail of [long, wide]) {
      for (const line of emlOf(mail).split('\r\n')) expect(line.length).toBeLessThanOrEqual(78)
    }
    expect(read(emlOf(long)).headers.Subject).toBe('word '.repeat(300).trim())
    expect(read(emlOf(wide)).headers.Subject).toBe('日'.repeat(500))
  })

  it.each(['\r\n', '\n', '\r', '\u0085', '\0', '\r\n\r\n'])('lets no value begin another header after %j', end => {
    const bad = `a${end}Bcc: victim@example.org`
    const hostile = mailOf({
      ...{ id: bad, mailbox: bad, subject: bad, replyTo: `${bad} <a@b${end}Bcc: c@d>` },
      ...{ from: `"${bad}" <a@example.org>`, to: [bad, `x <y${end}Bcc: z@example.org>`] },
    })
    const text = emlOf(hostile)
    const names = [...Object.keys(read(text).headers)]
    expect(names).not.toContain('Bcc')
    expect(text.split(/\r\n|\r|\n/).filter(line => line.startsWith('Bcc'))).toEqual([])
    expect(read(text).body).toBe('Hello\r\n')
  })
})
