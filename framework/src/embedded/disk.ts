/** Files that last, for the engines that keep some. */
import { open } from 'node:fs/promises'
import { fault } from '../contract/problems.ts'

/** What the system calls the failure: `ENOENT`, `ENOSPC`. */
export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

/** Does something with files; what the disk refuses is the engine's fault. Faults: `engine-unavailable`. */
export async function onDisk<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException
    throw syscall === undefined ? error : fault('engine-unavailable', `the disk refused: ${message}`, {}, error)
  }
}

/** Makes the names in a folder last: files that were made, renamed or removed in it. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows keeps names by itself, and opens no folder.
  if (process.platform === 'win32') return
  await onDisk(async () => {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
}
