/** One problem of the table, by its code. */
import { type ProblemCode, type ProblemEntry, problems } from './problem-table.ts'

export function problemEntry(code: ProblemCode): ProblemEntry {
  return problems[code]
}
