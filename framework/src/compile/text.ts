/**
 * Strings as JSON.
 */

// Anything but what `JSON.stringify` never escapes: it may be a control character, a quote, a backslash or a surrogate.
const MAY_NEED_ESCAPES = /[^ !#-[\]-\ud7ff\ue000-\uffff]/

/** Up to this length a loop is faster than the regular expression. */
const SHORT = 16

/** The string in quotes, as `JSON.stringify` writes it. */
export function jsonText(value: string): string {
  return mayNeedEscapes(value) ? JSON.stringify(value) : `"${value}"`
}

function mayNeedEscapes(value: string): boolean {
  if (value.length >= SHORT) return MAY_NEED_ESCAPES.test(value)
  for (let index = 0; index < value.length; index++) {
    const unit = value.charCodeAt(index)
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff)) return true
  }
  return false
}
