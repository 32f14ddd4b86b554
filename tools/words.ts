/**
 * Words the project does not use, each with the one it does (the table of words in docs/README.md), and what no
 * file may hold: paths of somebody's machine, hosts of package registries.
 */
import type { Complaint, SourceFile, Tree } from './tree.ts'

interface BannedWord {
  readonly pattern: RegExp
  readonly use: string
}

/** Read in prose and code, comments and names of things alike. */
export const bannedWords: readonly BannedWord[] = [
  { pattern: /\blambda handlers?\b/i, use: 'handler' },
  { pattern: /\bserverless functions?\b/i, use: 'handler' },
  { pattern: /\bmicro-?services?\b/i, use: 'service' },
  { pattern: /\bcron ?jobs?\b/i, use: 'schedule' },
  { pattern: /\bjob queues?\b/i, use: 'queue' },
  { pattern: /\bDLQs?\b/, use: 'dead-letter queue' },
  { pattern: /\bpub\/sub\b/i, use: 'topic' },
  { pattern: /\b(?:blob|object) (?:store|storage)s?\b/i, use: 'bucket' },
  { pattern: /\bvisibility time-?out\b/i, use: 'lease' },
  { pattern: /\bwhite-?lists?\b/i, use: 'allow list' },
  { pattern: /\bblack-?lists?\b/i, use: 'deny list' },
]

const forbidden: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /(?<![\w.$}/-])\/(?:work|root|tmp|home\/\w+|Users\/\w+)\/[\w.-]+/, what: 'a path of one machine' },
  { pattern: /\b[A-Z]:\\Users\\/, what: 'a path of one machine' },
  { pattern: /\bregistry\.(?:npmjs\.org|yarnpkg\.com|npmmirror\.com)\b/, what: 'the host of a package registry' },
  { pattern: /\bnpm\.pkg\.github\.com\b/, what: 'the host of a package registry' },
  { pattern: /\b[\w-]*(?:artifactory|verdaccio)[\w-]*\.[a-z]/i, what: 'the host of a package registry' },
]

/** Complaints about words with a better one, line by line. */
export function checkWords(tree: Tree): readonly Complaint[] {
  return tree.flatMap(file =>
    bannedWords.flatMap(({ pattern, use }) =>
      matches(file, pattern).map(({ place, found }) => `${place}: "${found}": say "${use}"`),
    ),
  )
}

/** Complaints about what no file may hold, line by line. */
export function checkForbidden(tree: Tree): readonly Complaint[] {
  return tree.flatMap(file =>
    forbidden.flatMap(({ pattern, what }) =>
      matches(file, pattern).map(({ place, found }) => `${place}: "${found}" is ${what}`),
    ),
  )
}

function matches({ path, text }: SourceFile, pattern: RegExp): readonly { place: string; found: string }[] {
  return text.split('\n').flatMap((line, index) => {
    const found = pattern.exec(line)?.[0]
    return found === undefined ? [] : [{ place: `${path}:${index + 1}`, found }]
  })
}
