/** Amounts of money as people write them, and as they are kept: whole minor units. */

function digitsOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
}

/** `1299,50` and `1,299.50` are 129950 cents; undefined for what is no amount. */
export function minorUnitsOf(text: string, currency: string): number | undefined {
  const digits = digitsOf(currency)
  const [, whole = '', fraction = ''] = /^\s*(\d[\d., ']*?)(?:[.,](\d{1,2}))?\s*$/.exec(text) ?? []
  const plain = whole.replace(/[., ']/g, '')
  if (plain === '' || fraction.length > digits || plain.length > 12) return undefined
  return Number(plain) * 10 ** digits + Number(fraction.padEnd(digits, '0') || 0)
}

/** As a field shows it: `1299.50`. */
export function majorText(amount: number, currency: string): string {
  const digits = digitsOf(currency)
  return (amount / 10 ** digits).toFixed(digits)
}

export function moneyText(amount: number, currency: string): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).format(amount / 10 ** digitsOf(currency))
}
