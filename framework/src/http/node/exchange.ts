/** A request with its answer on the way: what the parts of the door hand to each other. */
import type { ServerResponse } from 'node:http'
import type { Standing } from '../addresses.ts'
import { corsHeaders } from '../cors.ts'
import { type HeaderList, type HeaderRecord, withOwn } from '../headers.ts'
import { type Coding, codingFor } from '../media.ts'
import { headerOf } from './asked.ts'
import type { Connection } from './connections.ts'
import type { Incoming } from './incoming.ts'

export class Exchange {
  readonly request: Incoming
  readonly response: ServerResponse
  readonly connection: Connection | undefined
  /** The gateway it is for, once that is known. */
  standing: Standing | undefined
  /** Whether it has ended and is no longer counted. */
  over = false

  constructor(request: Incoming, response: ServerResponse, connection: Connection | undefined) {
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
