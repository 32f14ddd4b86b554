/** Numbers as a pattern: the firewall compares texts alone. */

/** A pattern that the decimal digits of every whole number above this one match, and of no other. */
export function largerThan(most: number): string {
  const digits = String(most)
  const longer = `[1-9][0-9]{${digits.length},}`
  const asLong = [...digits].flatMap((digit, at) => {
    if (digit === '9') return []
    const next = Number(digit) + 1
    const above = next === 9 ? '9' : `[${next}-9]`
    const rest = digits.length - at - 1
    return [digits.slice(0, at) + above + (rest > 0 ? `[0-9]{${rest}}` : '')]
  })
  return `^0*(${[longer, ...asLong].join('|')})$`
}
