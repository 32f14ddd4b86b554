/** What the runtime asks of a request that came to a function. */
import type { Asked } from '../../runtime/door.ts'
import { cookieIn } from '../cookies.ts'
import type { Query } from '../query.ts'
import type { Came } from './came.ts'

export class LambdaAsked implements Asked {
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly address: string
  body: unknown = undefined
  readonly #headers: Came['headers']
  #gone: AbortController | undefined

  constructor({ method, path, headers, address }: Came, params: Readonly<Record<string, string>>, query: Query) {
    this.method = method
    this.path = path
    this.params = params
    this.query = query
    this.address = address
    this.#headers = headers
  }

  header(name: string): string | undefined {
    return this.#headers[name]
  }

  cookie(name: string): string | undefined {
    return cookieIn(this.#headers.cookie, name)
  }

  /** API Gateway does not say when a caller goes away: what hangs on it ends with the function's time, or its stream. */
  get signal(): AbortSignal {
    this.#gone ??= new AbortController()
    return this.#gone.signal
  }

  leave(): void {
    this.#gone?.abort()
  }
}
