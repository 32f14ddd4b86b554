/**
 * The page on security: each line of a table names the tests that show it, and they are there; or says that it is open,
 * or a matter of pages, and why.
 */
import type { Complaint } from './tree.ts'

/** One line of a table: its number, and what shows it. */
interface Line {
  readonly number: string
  readonly shown: string
}

/** `textOf` gives a file of the repository, or nothing where there is none. */
export function checkSecurity(
  path: string,
  page: string,
  textOf: (path: string) => string | undefined,
): readonly Complaint[] {
  const lines = linesOf(page)
  if (lines.length === 0) return [`${path}: has no lines`]
  return lines.flatMap(({ number, shown }) => complaintsOn(shown, textOf).map(why => `${path}: ${number}: ${why}`))
}

function linesOf(page: string): readonly Line[] {
  return page.split('\n').flatMap(row => {
    const cells = row.split('|').map(cell => cell.trim())
    const [, number = '', , , shown = ''] = cells
    return /^\d+\.\d+\.\d+/.test(number) ? [{ number, shown }] : []
  })
}

function complaintsOn(shown: string, textOf: (path: string) => string | undefined): readonly string[] {
  if (/^(open|pages): \S+ \S+/.test(shown)) return []
  return shown.split('<br>').flatMap(each => {
    const [, file, title] = /^`([^`]+\.tsx?)`: (.+)$/.exec(each.trim()) ?? []
    if (file === undefined || title === undefined) return [`"${each}" names no test`]
    const text = textOf(file)
    if (text === undefined) return [`there is no ${file}`]
    return text.includes(`'${title}'`) ? [] : [`${file} has no test "${title}"`]
  })
}
