import { describe, expect, it } from 'vitest'
import { codingFor, contentDisposition, isCompressible, isJson } from './media.ts'

describe('a media type', () => {
  it('is JSON by its own name or its suffix, in UTF-8 alone', () => {
    const json = [
      'application/json',
      'Application/JSON',
      'application/json; charset=utf-8',
      'application/json;charset="UTF-8"',
      'application/problem+json',
      'application/vnd.api+json; v=1',
    ]
    const other = [
      undefined,
      '',
      'text/json',
      'application/jsonp',
      'application/json; charset=latin1',
      'application/+json',
      'text/plain+json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=json',
    ]
    expect(json.filter(type => !isJson(type))).toEqual([])
    expect(other.filter(isJson)).toEqual([])
  })

  it('is compressed where that helps', () => {
    const types = [
      'application/json',
      'application/problem+json',
      'text/csv; charset=utf-8',
      'image/svg+xml',
      'image/png',
      'application/zip',
      'application/octet-stream',
    ]
    expect(types.filter(isCompressible)).toEqual(types.slice(0, 4))
  })
})

describe('a content coding', () => {
  it('is the one the client likes best', () => {
    expect(codingFor('gzip, deflate, br')).toBe('br')
    expect(codingFor('gzip')).toBe('gzip')
    expect(codingFor('GZIP;q=0.9, BR;q=0.1')).toBe('gzip')
    expect(codingFor('*')).toBe('br')
    expect(codingFor('*;q=0.5, br;q=0')).toBe('gzip')
    for (const none of [undefined, '', 'identity', 'br;q=0', 'gzip;q=x', 'deflate', '*;q=0'])
      expect(codingFor(none), none).toBeUndefined()
  })
})

describe('a file name', () => {
  it('is offered plainly, and in UTF-8 where it must be', () => {
    expect(contentDisposition('report.csv')).toBe('attachment; filename="report.csv"')
    expect(contentDisposition('Größe (1).csv')).toBe(
      `attachment; filename="Gr__e (1).csv"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%281%29.csv`,
    )
  })

  it('cannot end the header, nor name a folder', () => {
    expect(contentDisposition('../../etc/passwd')).toBe('attachment; filename="passwd"')
    expect(contentDisposition('C:\\x\\a.txt')).toBe('attachment; filename="a.txt"')
    expect(contentDisposition('a"\r\nSet-Cookie: b=c\0.txt')).toBe(
      `attachment; filename="a_Set-Cookie: b=c.txt"; filename*=UTF-8''a%22Set-Cookie%3A%20b%3Dc.txt`,
    )
    expect(contentDisposition('\ud800.txt')).toBe(`attachment; filename="_.txt"; filename*=UTF-8''%EF%BF%BD.txt`)
  })
})
