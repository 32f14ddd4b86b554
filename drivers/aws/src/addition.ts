/**
 * Sums that DynamoDB does itself: whole numbers within bounds, on attributes that no index, no expiry and nobody who
 * hears of changes looks at. Its sums are decimal and exact, as ours are for whole numbers.
 */
import type { TableShape, Write } from 'groundplan/driver'
import { type Expression, isExpressible, Terms } from './conditions.ts'

export interface Addition {
  readonly change: string
  readonly condition: Expression
}

type Add = Extract<Write, { op: 'add' }>

/** The update that does it, on condition that the item is there; undefined where it takes more than one call. */
export function addition(shape: TableShape, write: Add, revision: string, nowMs: number): Addition | undefined {
  if (shape.changesTo.length > 0 || !isPlain(shape, write)) return undefined
  const terms = new Terms().and('attribute_exists(p)').andLive(nowMs)
  const zero = terms.value({ N: '0' })
  const sets = [`r = ${terms.value({ S: revision })}`]
  const add = (name: string, by: number): string => {
    const attribute = terms.attribute(name)
    sets.push(`${attribute} = if_not_exists(${attribute}, ${zero}) + ${terms.value({ N: String(by) })}`)
    return attribute
  }
  for (const [name, by] of Object.entries(write.by)) terms.and(withinBounds(terms, add(name, by), by, write))
  if (shape.version !== undefined) add(shape.version, 1)
  if (write.when) terms.andHolds(write.when)
  return { change: `SET ${sets.join(', ')}`, condition: terms.expression }
}

function isPlain(shape: TableShape, { by, floor, ceiling, when = {} }: Add): boolean {
  const used = new Set([...Object.values(shape.indexes).flat(), ...shape.key, shape.expires, shape.version])
  const sums = Object.entries(by)
  const whole = (value: number | undefined): boolean => value === undefined || Number.isSafeInteger(value)
  return (
    sums.length > 0 &&
    sums.every(([name, value]) => Number.isSafeInteger(value) && !used.has(name)) &&
    whole(floor) &&
    whole(ceiling) &&
    isExpressible(when)
  )
}

/** Of the sum, so of the number before. An absent one is zero; null and all else is left to who reads it. */
function withinBounds(terms: Terms, attribute: string, by: number, { floor, ceiling }: Add): string {
  const least = Math.max(floor ?? Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER)
  const most = Math.min(ceiling ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  const from = terms.value({ N: String(BigInt(least) - BigInt(by)) })
  const to = terms.value({ N: String(BigInt(most) - BigInt(by)) })
  const within = `(${attribute} >= ${from} AND ${attribute} <= ${to})`
  return by >= least && by <= most ? `(attribute_not_exists(${attribute}) OR ${within})` : within
}
