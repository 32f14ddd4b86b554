/**
 * Sample data. A start sows it once for each data folder and remembers what the seed said (a key to try) beside the
 * data, so that the next start can say it again; `groundplan seed` sows whenever it is asked. A seed that runs again
 * doubles nothing (`plan/seed.ts`), so a process that was killed between sowing and remembering does no harm.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Seed } from '../plan/seed.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** Fills in the sample data of a system that runs; gives what the seed says. */
export async function seedInto(runtime: Pick<Runtime, 'as'>, { uses, handle }: Seed): Promise<readonly string[]> {
  const said = await runtime.as('seed', uses, handle)
  return Array.isArray(said) ? said.map(String) : []
}

/** The same, unless it was done before; then it gives what the seed said that time. */
export async function sownOnce(folder: string, runtime: Pick<Runtime, 'as'>, seed: Seed): Promise<readonly string[]> {
  const before = await saidBefore(folder)
  if (before) return before
  const said = await seedInto(runtime, seed)
  await remember(folder, said)
  return said
}

/** Remembers that the data in a system's folder has been sown. */
export async function remember(folder: string, said: readonly string[]): Promise<void> {
  const besides = `${noteIn(folder)}.${process.pid}`
  await writeFile(besides, JSON.stringify({ said }), { mode: 0o600 })
  await rename(besides, noteIn(folder))
}

/** What the seed said when the data in a system's folder was sown; undefined when it was not. */
export async function saidBefore(folder: string): Promise<readonly string[] | undefined> {
  try {
    const note: unknown = JSON.parse(await readFile(noteIn(folder), 'utf8'))
    const said = typeof note === 'object' && note !== null && 'said' in note ? note.said : undefined
    return Array.isArray(said) ? said.map(String) : undefined
  } catch {
    return undefined // never sown, or the note is damaged: sowing again doubles nothing
  }
}

function noteIn(folder: string): string {
  return join(folder, 'seeded.json')
}
