/** Requests handed on between two servers of Node, and what becomes of them when one side goes away. */
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Forwarded, forward, tunnel } from './proxy.ts'

const patient = { timeout: 10_000 }
const servers: Server[] = []
let agent: Agent

beforeEach(() => {
  agent = new Agent({ keepAlive: true })
})
afterEach(async () => {
  agent.destroy()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
})

type Handle = (request: IncomingMessage, response: ServerResponse) => void

async function listening(handle: Handle): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(handle)
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

/** A server that hands all on to one with this handler. Gives its address, and how each request was taken. */
async function before(handle: Handle) {
  const front = await listening(handle)
  const taken: Forwarded[] = []
  const door = await listening(async (incoming, outgoing) => {
    taken.push(await forward(incoming, outgoing, front.port, agent))
    if (!outgoing.headersSent) outgoing.writeHead(502).end()
  })
  return { url: `http://127.0.0.1:${door.port}`, port: door.port, taken, front }
}

describe('a request that is handed on', () => {
  it('arrives as it was sent, body and repeated headers included, and so does its answer', async () => {
    const { url } = await before((incoming, outgoing) => {
      const pieces: Buffer[] = []
      incoming.on('data', piece => pieces.push(piece))
      incoming.on('end', () => {
        const { method, url, headers } = incoming
        outgoing.writeHead(201, ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-seen', String(headers['x-mine'])])
        outgoing.end(JSON.stringify({ method, url, host: headers.host, body: Buffer.concat(pieces).toString() }))
      })
    })
    const answer = await fetch(`${url}/a%20b?c=d`, { method: 'POST', body: 'hello', headers: { 'x-mine': 'yes' } })
    expect(answer.status).toBe(201)
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(answer.headers.get('x-seen')).toBe('yes')
    expect(await answer.json()).toEqual({
      method: 'POST',
      url: '/a%20b?c=d',
      host: new URL(url).host,
      body: 'hello',
    })
  })

  it('takes along nothing that is of one connection, and nothing that only a proxy may say', async () => {
    const { port } = await before((incoming, outgoing) => outgoing.end(JSON.stringify(incoming.headers)))
    const headers = {
      connection: 'keep-alive, x-hop',
      'x-hop': '1',
      te: 'trailers',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=10.0.0.1',
      'x-mine': 'yes',
    }
    const seen = await new Promise<Record<string, string>>((resolve, reject) => {
      const sending = request({ port, host: '127.0.0.1', headers }, async answer => {
        resolve(JSON.parse((await answer.setEncoding('utf8').toArray()).join('')))
      })
      sending.on('error', reject).end()
    })
    expect(seen['x-mine']).toBe('yes')
    for (const name of ['x-hop', 'te', 'x-forwarded-for', 'x-forwarded-host', 'forwarded']) {
      expect(seen[name], name).toBeUndefined()
    }
  })

  it('is answered piece by piece, as the pieces come', async () => {
    let finish = (): void => {}
    const { url } = await before((_incoming, outgoing) => {
      outgoing.write('first')
      finish = () => outgoing.end('last')
    })
    const reader = (await fetch(url)).body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('first')
    finish()
    expect((await reader?.read())?.value).toBe('last')
    expect((await reader?.read())?.done).toBe(true)
  })

  it('is given up when the browser goes away', async () => {
    let gone = false
    const { url } = await before((_incoming, outgoing) => {
      outgoing.write('first')
      outgoing.on('close', () => {
        gone = true
      })
    })
    const leaving = new AbortController()
    await fetch(url, { signal: leaving.signal })
    leaving.abort()
    await expect.poll(() => gone, patient).toBe(true)
  })

  it('is refused when nobody is there, and before anything was answered', async () => {
    const { url, taken, front } = await before(() => {})
    await new Promise(resolve => front.server.close(resolve))
    expect((await fetch(url)).status).toBe(502)
    expect(taken).toEqual(['refused'])
  })

  it('ends when the front dies in the middle of its answer', async () => {
    const { url, taken, front } = await before((_incoming, outgoing) => void outgoing.write('first'))
    const answer = await fetch(url)
    front.server.closeAllConnections()
    await expect(answer.text()).rejects.toThrow()
    await expect.poll(() => taken, patient).toEqual(['answered'])
  })
})

describe('a connection that stops being HTTP', () => {
  it('is handed on both ways, and ends with either side', async () => {
    const front = await listening(() => {})
    front.server.on('upgrade', (incoming, socket) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${incoming.url}\r\n\r\n`)
      socket.on('data', piece => socket.write(String(piece).toUpperCase())).on('end', () => socket.end())
    })
    const door = await listening(() => {})
    let end = (): void => {}
    door.server.on('upgrade', (incoming, socket, head) => {
      end = tunnel(incoming, socket, head, front.port)
    })
    const client = connect(door.port, '127.0.0.1')
    let heard = ''
    client.on('data', piece => {
      heard += piece
    })
    client.write('GET /hot HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
    await expect.poll(() => heard, patient).toContain('upgrade: /hot')
    client.write('hello')
    await expect.poll(() => heard, patient).toContain('HELLO')
    end()
    await expect.poll(() => client.destroyed, patient).toBe(true)
  })
})
