import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Mail } from '../contract/mail.ts'
import { memoryClock } from '../memory/clock.ts'
import { type Environment, openEnvironment } from './environment.ts'
import { type EmbeddedMailOptions, embeddedMail } from './mail.ts'

const day = 24 * 3_600_000

function mailOf(id: string): Mail {
  const [from, to] = ['shop@example.org', ['anna@example.org']]
  return { id, mailbox: 'operations', from, to, subject: `Subject of ${id}`, text: `Text of ${id}` }
}

describe('an outbox on disk', () => {
  let folder: string
  let environment: Environment
  let clock = memoryClock(0)

  const open = (more: Partial<EmbeddedMailOptions> = {}) => embeddedMail(environment, { clock, ...more })
  const files = async () => (await readdir(join(folder, 'mail'))).sort()
  const ids = async (mail: Awaited<ReturnType<typeof open>>) => (await mail.sent(1_000)).map(({ id }) => id)
  const reopen = async (): Promise<void> => {
    await environment.close()
    environment = openEnvironment(folder, { plan: 'test' })
  }

  beforeEach(async () => {
    clock = memoryClock(Date.UTC(2030, 0, 1))
    folder = await mkdtemp(join(tmpdir(), 'groundplan-mail-'))
    environment = openEnvironment(folder, { plan: 'test' })
  })
  afterEach(async () => {
    await environment.close()
    await rm(folder, { recursive: true })
  })

  it('has each mail as a file that mail programs open', async () => {
    const mail = await open()
    await mail.send(mailOf('m-1'))
    await clock.advance(1_500)
    await mail.send(mailOf('m-2'))
    const [first = '', second] = await files()
    expect([first, second]).toEqual(['2030-01-01T00-00-00.000Z-1.eml', '2030-01-01T00-00-01.500Z-2.eml'])
    expect(await readFile(join(folder, 'mail', first), 'utf8')).toContain('Subject: Subject of m-1\r\n')
  })

  it('knows after a restart what it has sent', async () => {
    await (await open()).send(mailOf('m-1'))
    await reopen()
    const mail = await open()
    await mail.send(mailOf('m-1'))
    await mail.send(mailOf('m-2'))
    expect(await ids(mail)).toEqual(['m-2', 'm-1'])
  })

  it('takes ids of any length and letters', async () => {
    const mail = await open()
    const odd = ['x'.repeat(5_000), 'a\nb', '日本語', ' ', '../../etc/passwd', '\0']
    for (const id of [...odd, ...odd]) await mail.send(mailOf(id))
    expect(await ids(mail)).toEqual(odd.reverse())
    expect(await files()).toHaveLength(odd.length)
  })

  it('keeps mail for as long as it is told to, and knows its id for as long', async () => {
    const mail = await open({ keepMs: 10 * day })
    await mail.send(mailOf('m-1'))
    await clock.advance(10 * day - 1)
    await mail.send(mailOf('m-1'))
    await mail.send(mailOf('m-2'))
    expect(await ids(mail)).toEqual(['m-2', 'm-1'])
    await clock.advance(1)
    expect(await ids(mail)).toEqual(['m-2'])
    await mail.send(mailOf('m-3'))
    expect(await files()).toEqual(['2030-01-10T23-59-59.999Z-2.eml', '2030-01-11T00-00-00.000Z-3.eml'])
    await mail.send(mailOf('m-1'))
    expect(await ids(mail)).toEqual(['m-1', 'm-3', 'm-2'])
  })

  it('keeps the newest of too many, and knows the others still', async () => {
    const mail = await open({ keepMails: 3 })
    for (let at = 1; at <= 8; at++) await mail.send(mailOf(`m-${at}`))
    for (let at = 1; at <= 8; at++) await mail.send(mailOf(`m-${at}`))
    expect(await ids(mail)).toEqual(['m-8', 'm-7', 'm-6'])
    expect(await files()).toHaveLength(3)
  })

  it('gets to smaller bounds little by little', async () => {
    const mail = await open()
    for (let at = 1; at <= 30; at++) await mail.send(mailOf(`m-${at}`))
    const bounded = await open({ keepMails: 2 })
    expect(await ids(bounded)).toEqual(['m-30', 'm-29'])
    for (let at = 31; at <= 34; at++) await bounded.send(mailOf(`m-${at}`))
    expect(await ids(bounded)).toEqual(['m-34', 'm-33'])
    expect(await files()).toHaveLength(2)
  })

  it('makes its files whole again at the start, and leaves those of others alone', async () => {
    const mail = await open()
    for (const id of ['m-1', 'm-2']) await mail.send(mailOf(id))
    const [lost = '', kept = ''] = await files()
    await rm(join(folder, 'mail', lost))
    await writeFile(join(folder, 'mail', '2029-01-01T00-00-00.000Z-9.eml'), 'of a mail that was not kept')
    await writeFile(join(folder, 'mail', `${kept}.new`), 'half')
    await writeFile(join(folder, 'mail', 'notes.txt'), 'of somebody else')
    await reopen()
    await open()
    expect(await files()).toEqual([lost, kept, 'notes.txt'])
    expect(await readFile(join(folder, 'mail', lost), 'utf8')).toContain('Text of m-1')
  })

  it('hands mail over even where its file cannot be written', async () => {
    const mail = await open()
    await rm(join(folder, 'mail'), { recursive: true })
    await writeFile(join(folder, 'mail'), 'no folder')
    expect(await mail.send(mailOf('m-1'))).toEqual({ ok: true })
    expect(await ids(mail)).toEqual(['m-1'])
    await rm(join(folder, 'mail'))
    await mkdir(join(folder, 'mail'))
    await open()
    expect(await files()).toHaveLength(1)
  })
})
