/**
 * The typed client of counter, for pages: its routes as data, so that a browser gets no handler. A test compares them
 * with the plan.
 */
import { type ClientOf, type ClientOptions, client, type RouteManifest } from 'groundplan/client'
import type counter from './plan.ts'

type Api = typeof counter.gateways.api

export type CounterClient = ClientOf<Api>

export const routes = {
  sell: { method: 'POST', path: '/decrement', answers: 'json', fails: ['sold-out'], once: 'Idempotency-Key' },
  show: { method: 'GET', path: '/counter', answers: 'json', fails: [] },
  reset: { method: 'PUT', path: '/reset', answers: 'json', fails: [] },
  live: { method: 'GET', path: '/live', answers: 'stream', fails: [] },
  lastSales: { method: 'GET', path: '/sales', answers: 'json', fails: [] },
} as const satisfies RouteManifest

/**
 * The client of the counter whose gateway stands at `url`.
 * @example const { value } = await counterClient('https://shop.example.org/api/counter').show()
 */
export function counterClient(url: string, options?: ClientOptions): CounterClient {
  return client<Api>(routes, url, options)
}
