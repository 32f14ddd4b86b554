/** A way to a server that can lose a question, or its answer, at a chosen moment. */
import { connect, createServer, type Socket } from 'node:net'

export interface LossyProxy {
  readonly port: number
  /** The next question with these words, after those named before, does not arrive, or its answer does not: both ends are cut then, or all. */
  lose(what: 'question' | 'answer', words: string, forGood?: 'for good'): void
  /** So many were lost. */
  readonly lost: number
  close(): Promise<void>
}

export async function proxyTo(port: number): Promise<LossyProxy> {
  const sockets = new Set<Socket>()
  const toLose: { readonly what: 'question' | 'answer'; readonly words: string; readonly forGood: boolean }[] = []
  let lost = 0
  const server = createServer(client => {
    const upstream = connect(port, '127.0.0.1')
    let loses = false
    const cut = (): void => {
      for (const socket of server.listening ? [client, upstream] : sockets) socket.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', cut)
    }
    client.on('data', data => {
      const [next] = toLose
      if (next && data.includes(next.words)) {
        const { what, forGood } = next
        toLose.shift()
        lost++
        if (forGood) server.close()
        if (what === 'question') return cut()
        loses = true
      }
      upstream.write(data)
    })
    upstream.on('data', data => (loses ? cut() : client.write(data)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: address && typeof address === 'object' ? address.port : 0,
    lose(what, words, forGood) {
      toLose.push({ what, words, forGood: forGood !== undefined })
    },
    get lost() {
      return lost
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise(resolve => server.close(resolve))
    },
  }
}
