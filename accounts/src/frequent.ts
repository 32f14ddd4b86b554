/**
 * Passwords that many people have: of the million most frequent ones that leaked, those that are long enough for us. They
 * are kept as the first four bytes of their hashes, so nobody's password stands here, and of a hundred thousand others one
 * is taken for one of them. It is read when somebody first chooses a password, without asking anybody.
 */
import { createHash } from 'node:crypto'

const digestBytes = 4

export async function isFrequent(password: string): Promise<boolean> {
  const { frequentDigests } = await import('./frequent-list.ts')
  const digests = Buffer.from(frequentDigests, 'base64')
  const wanted = createHash('sha256').update(password.normalize('NFKC').toLowerCase()).digest().readUInt32BE()
  return holds(digests, wanted)
}

/** They are sorted. */
function holds(digests: Buffer, wanted: number): boolean {
  let [from, to] = [0, digests.length / digestBytes]
  while (from < to) {
    const middle = (from + to) >>> 1
    const found = digests.readUInt32BE(middle * digestBytes)
    if (found === wanted) return true
    if (found < wanted) from = middle + 1
    else to = middle
  }
  return false
}
