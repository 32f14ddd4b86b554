/**
 * Operations of one commit whose number is known when it runs.
 */

/** These under numbered names, as `atomically` and its `answer` take them. */
export function numbered<T>(name: string, all: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(all.map((each, n) => [`${name}-${n + 1}`, each]))
}
