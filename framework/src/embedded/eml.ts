/**
 * A mail as the text that every mail program opens (`.eml`): headers of RFC 5322, words outside ASCII as RFC 2047 writes
 * them, texts in quoted-printable, so that a person can read it too. Nothing that a header holds can begin another one.
 */
import { createHash } from 'node:crypto'
import type { SentMail } from '../contract/mail.ts'

/** The mail with its headers, lines ending in CR LF. */
export function emlOf(mail: SentMail): string {
  const headers = [
    ['Date', dateText(mail.sentAtMs)],
    ['From', addressText(mail.from)],
    ['To', mail.to.map(addressText).join(',\r\n ')],
    ...(mail.replyTo === undefined ? [] : [['Reply-To', addressText(mail.replyTo)]]),
    ['Subject', wordsText(mail.subject)],
    ['Message-ID', `<${messageId(mail.id)}>`],
    ['X-Mailbox', wordsText(mail.mailbox)],
    ['MIME-Version', '1.0'],
  ]
  return `${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}${bodyOf(mail)}`
}

// ---------- headers

/** `Sat, 21 Nov 2026 10:00:00 +0000` */
function dateText(atMs: number): string {
  return new Date(atMs).toUTCString().replace('GMT', '+0000')
}

/** The part before the `@`: the id where it is made of harmless characters, else its digest. */
function messageId(id: string): string {
  const harmless = /^[\w-]+(\.[\w-]+)*$/.test(id) && id.length <= 200
  return `${harmless ? id : createHash('sha256').update(id).digest('hex')}@groundplan.local`
}

/** `anna@example.org` or `Anna <anna@example.org>`. */
function addressText(address: string): string {
  const line = oneLine(address)
  const [, name = '', bare = line] = /^(.*?)\s*<([^<>]*)>$/.exec(line) ?? []
  const spaceless = bare.replace(/\s/g, '')
  return name === '' ? spaceless : `${nameText(name)} <${spaceless}>`
}

function nameText(name: string): string {
  const unquoted = /^".*"$/.test(name) ? name.slice(1, -1).replace(/\\(.)/g, '$1') : name
  if (/^[\w !#$%&'*+/=?^`{|}~-]*$/.test(unquoted)) return wordsText(unquoted)
  return isPlain(unquoted) ? `"${unquoted.replace(/["\\]/g, '\\$&')}"` : wordsText(unquoted)
}

/** No header goes on in a way that it did not choose: control characters become spaces. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim()
}

/** What needs no code: printable ASCII that looks like none, in words that fit a line. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text) && !text.includes('=?') && !/[^ ]{70}/.test(text)
}

const mostOnLine = 76

function wordsText(text: string): string {
  const line = oneLine(text)
  return isPlain(line) ? folded(line.split(/ (?=[^ ])/)) : folded(encodedWords(line))
}

/** Words on lines that are not too long; whoever reads them joins the lines again. */
function folded(words: readonly string[]): string {
  let lines = ''
  let room = mostOnLine - 'X-Mailbox: '.length
  for (const [index, word] of words.entries()) {
    const fits = index === 0 || word.length < room
    if (!fits) room = mostOnLine
    lines += `${index === 0 ? '' : fits ? ' ' : '\r\n '}${word}`
    room -= word.length + 1
  }
  return lines
}

/** As many bytes as fit a word of 75 characters with its frame, in base64. */
const mostInWord = 39

function encodedWords(text: string): readonly string[] {
  const words: string[] = []
  let word = ''
  for (const letter of text) {
    if (Buffer.byteLength(word + letter) > mostInWord) {
      words.push(word)
      word = ''
    }
    word += letter
  }
  return [...words, word].map(each => `=?UTF-8?B?${Buffer.from(each).toString('base64')}?=`)
}

// ---------- bodies

function bodyOf({ id, text, html }: SentMail): string {
  const plain = partOf('plain', text)
  if (html === undefined) return plain
  // No line of a text in quoted-printable has `=_` in it.
  const boundary = `=_${createHash('sha256').update(id).digest('hex').slice(0, 32)}`
  const parts = [plain, partOf('html', html)].map(part => `--${boundary}\r\n${part}\r\n`)
  const type = `Content-Type: multipart/alternative; boundary="${boundary}"\r\n`
  return `${type}\r\n${parts.join('')}--${boundary}--\r\n`
}

function partOf(kind: 'plain' | 'html', text: string): string {
  const headers = `Content-Type: text/${kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n`
  return `${headers}\r\n${quotedPrintable(text)}\r\n`
}

function quotedPrintable(text: string): string {
  return text
    .split(/\r\n|\n/)
    .map(line => softBroken([...Buffer.from(line)].map((byte, at, all) => quoted(byte, at === all.length - 1))))
    .join('\r\n')
}

/** A byte as it may stand in a line; a space at its end would be lost on the way. */
function quoted(byte: number, isLast: boolean): string {
  const harmless = (byte > 0x20 && byte < 0x7f && byte !== 0x3d) || ((byte === 0x20 || byte === 0x09) && !isLast)
  return harmless ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

function softBroken(letters: readonly string[]): string {
  let lines = ''
  let length = 0
  for (const letter of letters) {
    if (length + letter.length > mostOnLine - 1) {
      lines += '=\r\n'
      length = 0
    }
    lines += letter
    length += letter.length
  }
  return lines
}
