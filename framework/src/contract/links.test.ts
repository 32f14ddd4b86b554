import { describe, expect, it } from 'vitest'
import type { LinkTo } from './bucket.ts'
import { type Links, signedLinks } from './links.ts'

const nowMs = Date.UTC(2030, 0, 1)
const clock = { now: () => nowMs, at: () => () => {} }
const baseUrl = 'https://shop.example/files/links'

function linksBy(key: string | Uint8Array): Links {
  return signedLinks({ clock, baseUrl, key })
}

const toGet: LinkTo = { method: 'GET', bucket: 'films', key: 'a/b', forMs: 60_000 }

describe('signed links', () => {
  it('lead below the base, and allow what they were made for', () => {
    const part = { upload: 'u-1', number: 7 }
    const to: LinkTo = { method: 'PUT', bucket: 'films', key: 'a/b ü', forMs: 60_000, type: 'video/mp4', part }
    const links = linksBy('key')
    const address = links.address(to)
    expect(address.startsWith(`${baseUrl}?`)).toBe(true)
    const { forMs: _, ...allowed } = to
    expect(links.allowed('PUT', address)).toEqual(allowed)
  })

  it('are the same for everybody who has the key, and nothing for who has another', () => {
    const address = linksBy('key').address(toGet)
    expect(linksBy(new TextEncoder().encode('key')).allowed('GET', address)).toBeDefined()
    expect(linksBy('another key').allowed('GET', address)).toBeUndefined()
    expect(linksBy('').allowed('GET', address)).toBeUndefined()
  })

  it('are good wherever requests arrive: a proxy may change host and path', () => {
    const { search } = new URL(linksBy('key').address(toGet))
    expect(linksBy('key').allowed('GET', `http://127.0.0.1:8080/inner${search}`)).toMatchObject({ key: 'a/b' })
  })

  it('never mean two things: what stands in one place cannot be moved to another', () => {
    const links = linksBy('key')
    const address = new URL(links.address({ ...toGet, bucket: 'films', key: 'x' }))
    address.searchParams.set('bucket', 'film')
    address.searchParams.set('key', 'sx')
    expect(links.allowed('GET', address.href)).toBeUndefined()
  })

  it('take the first of a parameter given twice, in signing and in doing', () => {
    const links = linksBy('key')
    const address = links.address(toGet)
    expect(links.allowed('GET', `${address}&key=other`)).toMatchObject({ key: 'a/b' })
    expect(links.allowed('GET', address.replace('?', '?key=other&'))).toBeUndefined()
  })

  it('are refused with a signature of any other spelling', () => {
    const links = linksBy('key')
    const address = new URL(links.address(toGet))
    const signature = address.searchParams.get('signature') ?? ''
    // The last letter of 43 holds four bits only: three others decode to the same bytes.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const others = [...alphabet].map(letter => signature.slice(0, -1) + letter).filter(each => each !== signature)
    for (const other of [...others, `${signature}=`, `${signature} `, signature.toLowerCase()]) {
      address.searchParams.set('signature', other)
      expect(links.allowed('GET', address.href)).toBeUndefined()
    }
  })

  it('are refused with an end that is no plain number', () => {
    const links = linksBy('key')
    const address = new URL(links.address(toGet))
    for (const until of ['Infinity', '1e99', '-1', '9'.repeat(16), '0x7fffffffffff', `${nowMs + 60_000}.0`]) {
      address.searchParams.set('until', until)
      expect(links.allowed('GET', address.href)).toBeUndefined()
    }
  })

  it('are not made for parts that cannot be', () => {
    const part = (number: number) => ({ ...toGet, method: 'PUT' as const, part: { upload: 'u', number } })
    for (const number of [0, 10_001, 1.5]) expect(() => linksBy('key').address(part(number))).toThrow(/part-invalid/)
  })
})
