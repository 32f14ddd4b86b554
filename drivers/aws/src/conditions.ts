/** Conditions as DynamoDB's expressions. Names and values never stand in the text of one. */
import type { Conditions, Matcher } from 'groundplan/driver'
import { nameIn, storedValue, type Values } from './record.ts'

export interface Expression {
  readonly text: string
  readonly names: Readonly<Record<string, string>>
  readonly values: Values
}

/** DynamoDB takes no longer lists. */
const mostInList = 100

/** Gathers the parts of one expression, with its names and values. */
export class Terms {
  readonly #texts: string[] = []
  readonly #names: Record<string, string> = {}
  readonly #values: Values = {}

  /** A placeholder for the attribute of an item. */
  attribute(name: string): string {
    return `a.${this.name(nameIn(name))}`
  }

  /** A placeholder for a name. */
  name(name: string): string {
    const place = `#n${Object.keys(this.#names).length}`
    this.#names[place] = name
    return place
  }

  value(value: Values[string]): string {
    const place = `:v${Object.keys(this.#values).length}`
    this.#values[place] = value
    return place
  }

  and(text: string): this {
    this.#texts.push(text)
    return this
  }

  /** Of an item that has expired everything is to be found out by reading it. */
  andLive(nowMs: number): this {
    const now = this.value({ N: String(nowMs) })
    return this.and(`(attribute_not_exists(e) OR e > ${now})`).and('attribute_not_exists(z)')
  }

  andAbsent(nowMs: number): this {
    const now = this.value({ N: String(nowMs) })
    return this.and(`(attribute_not_exists(p) OR e <= ${now})`)
  }

  andHolds(when: Conditions): this {
    for (const [name, matcher] of Object.entries(when)) this.and(this.#matches(this.attribute(name), matcher))
    return this
  }

  get expression(): Expression {
    return { text: this.#texts.join(' AND '), names: this.#names, values: this.#values }
  }

  #matches(attribute: string, matcher: Matcher): string {
    if ('absent' in matcher) return `attribute_not_exists(${attribute})`
    const wanted = 'equals' in matcher ? [matcher.equals] : matcher.oneOf
    return `${attribute} IN (${wanted.map(each => this.value(storedValue(each))).join(', ')})`
  }
}

/** Whether DynamoDB can decide them. */
export function isExpressible(when: Conditions): boolean {
  return Object.values(when).every(
    matcher => !('oneOf' in matcher) || (matcher.oneOf.length > 0 && matcher.oneOf.length <= mostInList),
  )
}

/** As calls take it. */
export function conditionInput({ text, names, values }: Expression) {
  if (text === '') return {}
  return {
    ConditionExpression: text,
    ...expressionInput({ names, values }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  }
}

export function expressionInput({ names, values }: Omit<Expression, 'text'>) {
  return {
    ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: { ...names } }),
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  }
}
