/** How much of a thread's time some functions take: the profiler looks each millisecond what is running. */
import { type Profiler, Session } from 'node:inspector/promises'

/** Does work; gives for each name the share (0 to 1) of the time in which a function of that name was running, or what it called. */
export async function shares(
  names: readonly string[],
  work: () => Promise<unknown>,
): Promise<ReadonlyMap<string, number>> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 1_000 })
  await session.post('Profiler.start')
  await work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return new Map(names.map(name => [name, shareOf(profile, name)]))
}

function shareOf({ nodes, samples = [] }: Profiler.Profile, name: string): number {
  const within = new Set<number>()
  // A node stands before its children.
  for (const { id, callFrame, children = [] } of nodes) {
    if (callFrame.functionName === name) within.add(id)
    if (within.has(id)) for (const child of children) within.add(child)
  }
  return samples.filter(id => within.has(id)).length / Math.max(1, samples.length)
}
