/**
 * Passwords that are long and still easy: made of what everybody knows of the person or the system, or of a few letters;
 * and those that many people have.
 */
import { problem } from 'groundplan'
import { isFrequent } from './frequent.ts'

const fewestLetters = 5
/** Shorter words stand in many good passwords by chance. */
const shortestWord = 4

const madeOfTheKnown = problem(
  'password-too-easy',
  'Choose one that is not made of your name or address, or of few letters',
)
const hadByMany = problem('password-too-easy', 'Many people have this one, and whoever guesses tries it first')

/** Why a password cannot be chosen. `known`: the name, the address, the name of the system. */
export async function tooEasy(
  password: string,
  known: readonly string[],
): Promise<typeof madeOfTheKnown | typeof hadByMany | undefined> {
  if (isMadeOf(password, known)) return madeOfTheKnown
  return (await isFrequent(password)) ? hadByMany : undefined
}

function isMadeOf(password: string, known: readonly string[]): boolean {
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
