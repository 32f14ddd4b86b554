/** A way to a service on which answers are lost, and where a service is too busy when a test says so. */
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { seeded } from './unruly.ts'

export interface Lossy {
  readonly endpoint: string
  /** How many of the next calls of an operation are carried out, without an answer. */
  readonly lose: Map<string, number>
  /** How many of the next calls of an operation are refused, as too many. */
  readonly throttle: Map<string, number>
  /** How often each operation was asked for. */
  readonly asked: Map<string, number>
  /** What share of all calls is refused as too many. Default 0. */
  busy: number
  /** How many calls were. */
  readonly refused: number
  close(): Promise<void>
}

export async function lossyWay(to: string): Promise<Lossy> {
  const [lose, throttle, asked] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()]
  const state = { busy: 0, refused: 0, random: seeded(7) }
  const takes = (from: Map<string, number>, operation: string): boolean => {
    const left = from.get(operation) ?? 0
    if (left > 0) from.set(operation, left - 1)
    return left > 0
  }
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    asked.set(operation, (asked.get(operation) ?? 0) + 1)
    if (takes(throttle, operation) || state.random() < state.busy) {
      state.refused++
      request.resume()
      response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.0' })
      return response.end('{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"too busy"}')
    }
    const loses = takes(lose, operation)
    const on = send(new URL(request.url ?? '/', to), { method: request.method, headers: request.headers }, answer => {
      if (loses) {
        answer.resume()
        return answer.once('end', () => request.socket.destroy())
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      return answer.pipe(response)
    })
    on.once('error', () => request.socket.destroy())
    return request.pipe(on)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ...{ endpoint: `http://127.0.0.1:${port}`, lose, throttle, asked },
    get busy() {
      return state.busy
    },
    set busy(share) {
      state.busy = share
    },
    get refused() {
      return state.refused
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
