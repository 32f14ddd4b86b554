/**
 * The runtime's side of a door: what an HTTP server, a Lambda adapter, the testbed or another service asks of it. JSON
 * text is the currency, addresses and status lines are the door's own business.
 */
import type { ProblemCode } from '../contract/problems.ts'
import type { AnswerHeaders, AnyEndpoint, File } from '../plan/endpoint.ts'
import type { AnyGateway } from '../plan/gateway.ts'

/** A request as a door hands it over. Header and cookie names are in lower case. */
export interface Asked {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  /** A name given several times has a list. */
  readonly query: Readonly<Record<string, string | readonly string[]>>
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown
  header(name: string): string | undefined
  cookie(name: string): string | undefined
  readonly address: string
  /** Aborted when the caller went away. Asked for only when somebody listens: make it then. */
  readonly signal: AbortSignal
}

/** The members of RFC 9457, and ours. */
export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  /** Ours (`ProblemCode`) or the endpoint's, from its `fails`. */
  readonly code: ProblemCode | (string & {})
  readonly detail?: string
  /** Where the request does not fit: JSON pointer and message. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[]
  /** For the operators: find the logs by it. */
  readonly trace?: string
}

type Headers = AnswerHeaders

export interface ProblemAnswer {
  readonly kind: 'problem'
  readonly status: number
  readonly problem: ProblemBody
  readonly headers: Headers
  /** Whether the endpoint's own `fails` names it. */
  readonly declared: boolean
}

export type Answer =
  | { readonly kind: 'json'; readonly status: number; readonly json: string; readonly headers: Headers }
  | { readonly kind: 'nothing'; readonly status: 204; readonly headers: Headers }
  | { readonly kind: 'file'; readonly status: 200; readonly file: File; readonly headers: Headers }
  /** Each event is JSON text. Ends when the request's signal aborts. */
  | { readonly kind: 'events'; readonly status: 200; readonly events: AsyncIterable<string>; readonly headers: Headers }
  | ProblemAnswer

/** One endpoint behind one gateway. */
export interface DoorRoute {
  readonly gateway: string
  /** The handler's lasting name. */
  readonly name: string
  readonly endpoint: AnyEndpoint
}

/** What the runtime offers to doors. */
export interface Door {
  readonly plan: string
  readonly gateways: Readonly<Record<string, AnyGateway>>
  readonly routes: readonly DoorRoute[]
  /** Never rejects: what goes wrong is a problem. */
  call(route: DoorRoute, asked: Asked): Promise<Answer>
  /** A problem answer for what the door itself refuses. */
  refuse(code: ProblemCode, detail: string): ProblemAnswer
}
