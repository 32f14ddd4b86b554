/** A request with its answer on the way: what the parts of the door hand to each other. */
import { type IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Standing } from '../addresses.ts'
import { corsHeaders } from '../cors.ts'
import { type HeaderList, type HeaderRecord, withOwn } from '../headers.ts'
import { type Coding, codingFor } from '../media.ts'
import { headerOf } from './asked.ts'
import type { Connection } from './connections.ts'
import { Incoming, type Sink } from './incoming.ts'

/** What the door asks of a request, whoever has read it. */
export interface Inbound {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly socket: Socket
  /** Whether its body is here. */
  readonly complete: boolean
  readonly gone: boolean
  sink: Sink | undefined
  /** Calls back when the client goes away before its answer was complete; at once when it already has. */
  onGone(left: () => void): void
  /** The answer is complete: lets go of everything that waited for it. */
  settled(): void
}

/** What the door asks of an answer, whoever writes it. */
export interface Outbound {
  shouldKeepAlive: boolean
  readonly headersSent: boolean
  readonly writableEnded: boolean
  readonly destroyed: boolean
  /** `head`: name and value in turn. */
  writeHead(status: number, head: string[]): unknown
  write(text: string): unknown
  end(content?: string | Uint8Array): unknown
  destroy(): unknown
  /** Writes a small JSON answer that has nothing but the usual headers. Only where that is quicker. */
  plain?(status: number, json: string, bytes: number): void
}

export class Exchange<In extends Inbound = Inbound, Out extends Outbound = Outbound> {
  readonly request: In
  readonly response: Out
  readonly connection: Connection | undefined
  /** The gateway it is for, once that is known. */
  standing: Standing | undefined
  /** Whether it has ended and is no longer counted. */
  over = false

  constructor(request: In, response: Out, connection: Connection | undefined) {
    this.request = request
    this.response = response
    this.connection = connection
  }

  /** Whether nobody waits for the answer any more. */
  get gone(): boolean {
    return this.request.gone || this.response.destroyed
  }

  header(name: string): string | undefined {
    return headerOf(this.request, name)
  }

  get coding(): Coding | undefined {
    return codingFor(this.header('accept-encoding'))
  }

  /** The headers of an answer, to which the caller adds what belongs to the content. */
  head(defaults: HeaderList, own: HeaderRecord): string[] {
    const headers = withOwn(defaults, own)
    const cors = this.standing?.cors
    if (cors) headers.push(...corsHeaders(cors, this.header('origin')))
    return headers
  }
}

/** One that Node's server has read: its body and answer are streams. */
export type NodeExchange = Exchange<Incoming, ServerResponse>

export function isByNode(exchange: Exchange): exchange is NodeExchange {
  return exchange.request instanceof Incoming && exchange.response instanceof ServerResponse
}
