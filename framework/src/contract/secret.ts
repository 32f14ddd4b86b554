/**
 * Secrets in the hands of handlers: a value that does not print itself. For texts that it got into all the same there is a
 * scrubber (scrubber.ts).
 */
import type { Secret as SecretOfPlan } from '../plan/secret.ts'
import { secretLabel } from './names.ts'

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** A secret that shows as `[secret name]` wherever it is printed, joined to a text or made JSON of. */
export class Secret implements SecretOfPlan {
  readonly name: string
  /** Private to the language: no property, so nothing that lists properties finds it. */
  readonly #value: string

  constructor(name: string, value: string) {
    this.name = name
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return secretLabel(this.name)
  }

  toJSON(): string {
    return secretLabel(this.name)
  }

  [inspect](): string {
    return secretLabel(this.name)
  }

  [Symbol.toPrimitive](): string {
    return secretLabel(this.name)
  }
}
