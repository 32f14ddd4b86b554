/** How the services of a plan, each in processes of its own, know each other; and how one asks another. */
import type { RunningCall } from './call.ts'
import { tokenFor, untilMsOf } from './calls-between.ts'
import type { AskService, InternalRequest } from './clients/service.ts'
import type { AskElsewhere } from './share.ts'
import { traceparentOf } from './telemetry.ts'
import { internalTokens, type Tokens } from './tokens.ts'

export interface LaterTokens extends Tokens {
  /** Resolves when they can be used. */
  ready(): Promise<void>
}

export function sharedKey(load: () => Promise<string>): LaterTokens {
  return new SharedKey(load)
}

/** The key that services know each other by, asked for when the first of them is asked. */
class SharedKey implements LaterTokens {
  readonly #load: () => Promise<string>
  #loading: Promise<void> | undefined
  #tokens: Tokens | undefined

  constructor(load: () => Promise<string>) {
    this.#load = load
  }

  ready(): Promise<void> {
    this.#loading ??= this.#loaded().catch(error => {
      this.#loading = undefined
      throw error
    })
    return this.#loading
  }

  sign(...claims: Parameters<Tokens['sign']>): string {
    return this.#known.sign(...claims)
  }

  verify(...shown: Parameters<Tokens['verify']>): ReturnType<Tokens['verify']> {
    return this.#known.verify(...shown)
  }

  get #known(): Tokens {
    if (!this.#tokens) throw new Error('the key of the internal tokens has not been loaded')
    return this.#tokens
  }

  async #loaded(): Promise<void> {
    this.#tokens = internalTokens(await this.#load())
  }
}

/** Asks services elsewhere, with what shows who asks. */
export function asking(key: Tokens & Partial<LaterTokens>, ask: AskElsewhere): AskService {
  return async (request: InternalRequest, call: RunningCall) => {
    await key.ready?.()
    const token = tokenFor(key, `${request.service}/${request.endpoint}`, call)
    return ask({ ...request, token, traceparent: traceparentOf(call.span), untilMs: untilMsOf(call) }, call)
  }
}
