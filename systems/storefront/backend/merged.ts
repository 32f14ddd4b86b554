/**
 * Several async iterables as one: what comes first is given first. Ends when all have ended, and ends them when its
 * reader goes away.
 */
export async function* merged<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = sources.map(source => source[Symbol.asyncIterator]())
  const next = async (iterator: AsyncIterator<T>) => ({ iterator, result: await iterator.next() })
  const coming = new Map(iterators.map(iterator => [iterator, next(iterator)]))
  try {
    while (coming.size > 0) {
      const { iterator, result } = await Promise.race(coming.values())
      if (result.done) coming.delete(iterator)
      else {
        coming.set(iterator, next(iterator))
        yield result.value
      }
    }
  } finally {
    for (const iterator of iterators) void iterator.return?.()
  }
}

/** What is there and was not. */
export async function* added<T>(
  changes: AsyncIterable<{ readonly before?: T; readonly after?: T }>,
): AsyncGenerator<T> {
  for await (const { before, after } of changes) if (after && !before) yield after
}
