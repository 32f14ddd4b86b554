import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Failure } from './errors.ts'
import { listenFailure, nextFree, portFrom } from './ports.ts'

describe('A port', () => {
  it.each([
    ['0', 0],
    ['7400', 7400],
    ['65535', 65_535],
    ['65536', undefined],
    ['-1', undefined],
    ['80a', undefined],
    ['', undefined],
  ])('typed as "%s" is %s', (text, port) => {
    expect(portFrom(text)).toBe(port)
  })
})

describe('A taken port', () => {
  let server: Server
  let taken: number
  beforeEach(async () => {
    server = createServer()
    taken = await listening(server, 0)
  })
  afterEach(() => new Promise(resolve => server.close(resolve)))

  it('is said with one that is free', async () => {
    const error = await listening(createServer(), taken).catch((error: unknown) => error)
    const failure = await listenFailure(error, '127.0.0.1', taken)
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({ message: `Port ${taken} of 127.0.0.1 is taken`, exitCode: 1 })
    const free = Number(/--port (\d+) is free/.exec(String((failure as Failure).wayOut))?.[1])
    expect(free).toBeGreaterThan(taken)
    const other = createServer()
    expect(await listening(other, free)).toBe(free)
    await new Promise(resolve => other.close(resolve))
  })

  it('is stepped over', async () => {
    expect(await nextFree('127.0.0.1', taken - 1)).toBeGreaterThan(taken)
  })
})

describe('Other errors of listening', () => {
  it('have words too', async () => {
    const refused = Object.assign(new Error(), { code: 'EACCES' })
    expect(await listenFailure(refused, '127.0.0.1', 80)).toMatchObject({ message: 'You may not listen on port 80' })
    const elsewhere = Object.assign(new Error(), { code: 'EADDRNOTAVAIL' })
    expect(await listenFailure(elsewhere, '192.0.2.1', 80)).toMatchObject({
      message: 'This machine has no address 192.0.2.1',
    })
  })

  it('are left as they are when nobody knows them', async () => {
    const odd = new Error('odd')
    expect(await listenFailure(odd, '127.0.0.1', 80)).toBe(odd)
  })
})

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}
