/**
 * Following CloudFormation while it works on a stack: each event in words, and how it ended, with the first thing that
 * failed. What others fail with because of that (`cancelled`) is no cause.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { StackEvent } from '@aws-sdk/client-cloudformation'
import type { DeploymentProgress } from 'groundplan/target'
import type { Stacks } from './stacks.ts'

export interface Following {
  readonly stacks: Stacks
  /** Of these names: `infra`. */
  readonly part: string
  /** The stack's name, or better its id, which is known when it is gone. */
  readonly stack: string
  /** A resource of the template in words. */
  words(id: string, type: string): string
  told(progress: DeploymentProgress): void
  readonly signal: AbortSignal
  readonly pollMs: number
}

export interface Followed {
  /** `left`: nobody follows any more. */
  readonly end: 'done' | 'failed' | 'left'
  readonly status: string
  readonly cause?: { readonly what: string; readonly why: string }
}

/** Follows what runs now, or ran last, to its end. */
export async function followed(following: Following): Promise<Followed> {
  const { stacks, stack, signal, pollMs, told } = following
  const known = new Set<string>()
  const story = new Story(following)
  for (;;) {
    const events = await stacks.events(stack, event => known.has(event.EventId ?? '') || begins(event))
    for (const event of [...events].reverse()) {
      if (known.has(event.EventId ?? '')) continue
      known.add(event.EventId ?? '')
      for (const progress of story.hears(event)) told(progress)
    }
    if (story.ended !== undefined) return outcome(story, story.ended)
    if (signal.aborted) return { end: 'left', status: '' }
    await pause(pollMs, undefined, { signal }).catch(() => {})
  }
}

function outcome({ cause }: Story, status: string): Followed {
  const isDone = /^(CREATE|UPDATE|DELETE|IMPORT)_COMPLETE$/.test(status)
  return { end: isDone ? 'done' : 'failed', status, ...(cause && !isDone ? { cause } : {}) }
}

/** The event of a stack itself that something was asked for. */
function begins(event: StackEvent): boolean {
  return isOfStack(event) && /^(CREATE|UPDATE|DELETE|IMPORT)_IN_PROGRESS$/.test(event.ResourceStatus ?? '')
}

function isOfStack({ PhysicalResourceId, StackId }: StackEvent): boolean {
  return PhysicalResourceId !== undefined && PhysicalResourceId === StackId
}

const verbs = { CREATE: 'makes', UPDATE: 'changes', IMPORT: 'makes', DELETE: 'removes' } as const

/** What the events of one piece of work come to. */
class Story {
  readonly #following: Following
  readonly #begun = new Map<string, number>()
  #undoes = false
  cause: { readonly what: string; readonly why: string } | undefined
  /** The status that it ended with. */
  ended: string | undefined

  constructor(following: Following) {
    this.#following = following
  }

  hears(event: StackEvent): readonly DeploymentProgress[] {
    const { ResourceStatus: status = '', ResourceStatusReason: why = '' } = event
    if (isOfStack(event)) return this.#stack(status, why)
    const { LogicalResourceId: id = '', ResourceType: type = '', Timestamp } = event
    const [, verb, state] = /^(CREATE|UPDATE|DELETE|IMPORT)_(IN_PROGRESS|COMPLETE|FAILED)$/.exec(status) ?? []
    if (!isVerb(verb)) return []
    const what = this.#following.words(id, type)
    const atMs = Timestamp?.getTime() ?? 0
    const said = { part: this.#following.part, what, does: verbs[verb] }
    switch (state) {
      case 'IN_PROGRESS':
        return this.#begins(`${id} ${verb}`, atMs) ? [{ ...said, state: 'begun' }] : []
      case 'COMPLETE':
        return [{ ...said, state: this.#undoes ? 'undone' : 'done', ...this.#took(`${id} ${verb}`, atMs) }]
      default:
        if (!isCancelled(why)) this.cause ??= { what, why }
        return [{ ...said, state: 'failed', why }]
    }
  }

  #stack(status: string, why: string): readonly DeploymentProgress[] {
    if (/^(REVIEW|CREATE|UPDATE|DELETE|IMPORT)_IN_PROGRESS$/.test(status)) return []
    if (/ROLLBACK_IN_PROGRESS$/.test(status) && !this.#undoes) {
      this.#undoes = true
      this.cause ??= why === '' || isSummary(why) ? undefined : { what: 'the stack', why }
      return [{ part: this.#following.part, state: 'note', what: 'goes back to what was there before' }]
    }
    if (/_(COMPLETE|FAILED)$/.test(status)) this.ended = status
    return []
  }

  /** Whether it is the first that is heard of it. */
  #begins(key: string, atMs: number): boolean {
    if (this.#begun.has(key)) return false
    this.#begun.set(key, atMs)
    return true
  }

  #took(key: string, atMs: number): { readonly tookMs?: number } {
    const sinceMs = this.#begun.get(key)
    return sinceMs === undefined ? {} : { tookMs: Math.max(0, atMs - sinceMs) }
  }
}

function isVerb(verb: string | undefined): verb is keyof typeof verbs {
  return verb !== undefined && Object.hasOwn(verbs, verb)
}

function isCancelled(why: string): boolean {
  return /^Resource (creation|update|deletion) cancelled$/i.test(why)
}

/** `The following resource(s) failed to create: [A, B].` says less than what these said. */
function isSummary(why: string): boolean {
  return /following resource\(s\) failed/i.test(why)
}
