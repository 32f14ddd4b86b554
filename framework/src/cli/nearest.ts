/**
 * The nearest word: what somebody probably meant who mistyped one.
 */

/** The word that is a few keys away from `typed`; undefined when none is near. */
export function nearest(typed: string, words: Iterable<string>): string | undefined {
  const most = Math.max(1, Math.floor(typed.length / 3))
  const near = [...words]
    .map(word => ({ word, keys: typed !== '' && word.startsWith(typed) ? 0.5 : keysBetween(typed, word) }))
    .filter(({ keys }) => keys <= most)
    .sort((left, right) => left.keys - right.keys)
  return near[0]?.word
}

/** How many keys are wrong, missing, too many or swapped with their neighbour (optimal string alignment). */
function keysBetween(typed: string, word: string): number {
  let above: readonly number[] = []
  let row: readonly number[] = Array.from({ length: word.length + 1 }, (_, at) => at)
  for (let line = 1; line <= typed.length; line++) {
    const next = nextRow(typed, word, line, row, above)
    above = row
    row = next
  }
  return row[word.length] ?? 0
}

function nextRow(
  typed: string,
  word: string,
  line: number,
  row: readonly number[],
  above: readonly number[],
): readonly number[] {
  const next = [line]
  for (let at = 1; at <= word.length; at++) {
    const same = typed[line - 1] === word[at - 1]
    const swapped = line > 1 && at > 1 && typed[line - 1] === word[at - 2] && typed[line - 2] === word[at - 1]
    const ways = [(row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1, (row[at - 1] ?? 0) + (same ? 0 : 1)]
    if (swapped) ways.push((above[at - 2] ?? 0) + 1)
    next.push(Math.min(...ways))
  }
  return next
}
