/**
 * Any character of Unicode, as the `unit` of fast-check's texts. Its own, `binary`, gives the same, and begins in each
 * process with a table of all of them, which takes a second and 100 MB.
 */
import fc from 'fast-check'

const firstSurrogate = 0xd8_00
const surrogates = 0x8_00

export const anyCharacter: fc.Arbitrary<string> = fc.integer({ min: 0, max: 0x10_ff_ff - surrogates }).map(
  number => String.fromCodePoint(number < firstSurrogate ? number : number + surrogates),
  // The way back, by which fast-check puts dangerous words (`__proto__`) among its texts.
  given => {
    const [character, ...more] = String(given)
    if (character === undefined || more.length > 0) throw new Error('not one character')
    const code = character.codePointAt(0) ?? 0
    return code < firstSurrogate ? code : code - surrogates
  },
)
