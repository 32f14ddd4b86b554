/** What the door of a function answers by itself: refusals, and what an address answers to. */
import type { Door } from '../../runtime/door.ts'
import type { Spot } from '../addresses.ts'
import { preflightHeaders } from '../cors.ts'
import { apiDefaults, type HeaderList } from '../headers.ts'
import type { Came } from './came.ts'
import { corsOf, problemReply, type Reply } from './reply.ts'

export type Refusal = readonly [code: Parameters<Door['refuse']>[0], detail: string, headers?: HeaderList]

export function refused(door: Door, came: Came, spot: Spot | undefined, [code, detail, headers = []]: Refusal): Reply {
  return problemReply(door.refuse(code, detail), [...headers, ...corsOf(came, spot)])
}

/** Somebody asks for a method that the address does not have; browsers ask first. */
export function otherMethod(door: Door, came: Came, spot: Spot): Reply {
  const { allow, standing } = spot
  const allowed = ['Allow', allow]
  if (came.method !== 'OPTIONS') {
    return refused(door, came, spot, ['method-not-allowed', `it answers to ${allow}`, allowed])
  }
  const isPreflight = standing.cors && came.headers['access-control-request-method'] !== undefined
  const cors = isPreflight ? preflightHeaders(standing.cors, came.headers.origin, allow) : []
  return { status: 204, headers: [...apiDefaults, ...allowed, ...cors], content: '' }
}
