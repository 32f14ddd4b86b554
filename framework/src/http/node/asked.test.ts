import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { addressOf } from './asked.ts'
import { Incoming } from './incoming.ts'

function from(remote: string, forwarded?: string): Incoming {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: remote })
  const request = new Incoming(socket)
  if (forwarded !== undefined) request.headers['x-forwarded-for'] = forwarded
  return request
}

describe('the address of a client', () => {
  it('is the socket’s, whatever the request says', () => {
    expect(addressOf(from('192.0.2.1', '198.51.100.7'), 0)).toBe('192.0.2.1')
    expect(addressOf(from('::ffff:192.0.2.1'), 0)).toBe('192.0.2.1')
    expect(addressOf(from('2001:db8::1'), 0)).toBe('2001:db8::1')
  })

  it('behind trusted proxies is what the outermost of them saw, not what the client wrote', () => {
    const forwarded = '203.0.113.66, 198.51.100.7, 192.0.2.9'
    expect(addressOf(from('10.0.0.1', forwarded), 1)).toBe('192.0.2.9')
    expect(addressOf(from('10.0.0.1', forwarded), 2)).toBe('198.51.100.7')
    expect(addressOf(from('10.0.0.1', '192.0.2.9'), 3)).toBe('10.0.0.1')
    expect(addressOf(from('10.0.0.1'), 1)).toBe('10.0.0.1')
  })
})
