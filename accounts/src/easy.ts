/**
 * Passwords that are long and still easy: made of what everybody knows of the person or the system, or of a few letters.
 */

const fewestLetters = 5
/** Shorter words stand in many good passwords by chance. */
const shortestWord = 4

/** @param known the name, the address, the name of the system */
export function isEasy(password: string, known: readonly string[]): boolean {
  const text = password.normalize('NFKC').toLowerCase()
  if (new Set(text).size < fewestLetters) return true
  const rest = known
    .flatMap(each => each.toLowerCase().split(/[^\p{L}\p{N}]+/u))
    .filter(word => word.length >= shortestWord)
    .sort((one, other) => other.length - one.length)
    .reduce((left, word) => left.replaceAll(word, ''), text)
  // What is left when the known words are taken out must be a password by itself.
  return rest.length < text.length && rest.length < 8
}
