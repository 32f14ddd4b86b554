/** `node:http` with compiled validation and serialisation, and nothing else: no router, no limits. What all others add to. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Ajv } from 'ajv'
import fastJsonStringify from 'fast-json-stringify'
import { Hello, hello, jsonSchema, NewOrder, Order, placed, ready } from '../shop.ts'

const isOrder = new Ajv().compile<NewOrder>(jsonSchema(NewOrder))
const orderText = fastJsonStringify(jsonSchema(Order))
const helloText = fastJsonStringify(jsonSchema(Hello))

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}

function order(id: string, text: string, response: ServerResponse): void {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    answer(response, 400, '{"error":"invalid JSON"}')
    return
  }
  if (isOrder(body)) answer(response, 200, orderText(placed(id, body)))
  else answer(response, 400, '{"error":"invalid order"}')
}

const server = createServer((request, response) => {
  const { method, url = '' } = request
  if (method === 'GET' && url === '/hello') answer(response, 200, helloText(hello()))
  else if (method === 'POST' && url.startsWith('/orders/')) {
    const pieces: Buffer[] = []
    request.on('data', piece => pieces.push(piece))
    request.on('end', () => order(url.slice(8), Buffer.concat(pieces).toString(), response))
  } else answer(response, 404, '{"error":"nothing here"}')
})
server.listen(0, '127.0.0.1', () => ready((server.address() as AddressInfo).port))
