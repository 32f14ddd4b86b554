/**
 * One process for one folder. A file in it, `process.lock`, names the process that has it.
 *
 * The states of a folder:
 * - *free*: no file. Whoever makes it first has the folder; it is made whole, by a link, so nobody reads half of it.
 * - *held*: the file names a process that lives. Everybody else is refused.
 * - *left*: the file names a process that is gone, by a kill or a power cut. A process is known by its number, and on
 *   Linux also by when it was started and in which run of the machine, so that another one with the same number is not
 *   taken for it. Whoever takes a left folder over must be alone in it: it makes a second file, named after who is
 *   gone, which can be made once; looks again whether the lock still names who is gone (a slow starter finds its
 *   successor there, and is refused); puts itself in its place, and removes the second file. Who dies on the way leaves
 *   a second file that is taken over in the same manner.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fault } from '../contract/problems.ts'

/** Who holds a folder. */
interface Holder {
  readonly pid: number
  /** When the process was started, as the system counts it; empty where it does not say. */
  readonly started: string
  readonly host: string
}

export interface FolderLock {
  /** Leaves the folder free. */
  release(): void
}

/** Takes the folder for this process. Faults: `engine-unavailable`, naming the process that has it. */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'process.lock')
  const self: Holder = { pid: process.pid, started: startOf(process.pid), host: hostname() }
  const own = `${path}.of-${process.pid}`
  writeFileSync(own, JSON.stringify(self))
  try {
    take(path, own, folder)
  } finally {
    rmSync(own, { force: true })
  }
  return { release: () => rmSync(path, { force: true }) }
}

function take(path: string, own: string, folder: string): void {
  while (!linked(own, path)) {
    const held = read(path)
    // Gone since: its holder has just released it.
    if (held === undefined) continue
    const holder = holderIn(held, path)
    if (lives(holder)) throw refusal(folder, path, holder)
    if (takenOver(path, held, own, folder)) return
  }
}

/** Takes the place of who left this file. False: somebody else did. */
function takenOver(path: string, held: string, own: string, folder: string): boolean {
  const { pid, started } = holderIn(held, path)
  const succession = `${path}.after-${pid}-${started}`
  take(succession, own, folder)
  try {
    if (read(path) !== held) return false
    const next = `${own}.next`
    writeFileSync(next, readFileSync(own))
    renameSync(next, path)
    return true
  } finally {
    rmSync(succession, { force: true })
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function holderIn(text: string, path: string): Holder {
  try {
    const { pid, started, host } = JSON.parse(text) as Partial<Holder>
    if (typeof pid === 'number' && typeof started === 'string') return { pid, started, host: host ?? '' }
  } catch {
    // Told below.
  }
  const detail = `"${path}" does not say which process holds the folder: if none does, remove this file`
  throw fault('engine-unavailable', detail)
}

function lives({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process lives as well.
    if (codeOf(error) === 'ESRCH') return false
  }
  return started === '' || startOf(pid) === started
}

/** Which run of the machine, and when in it. Empty on systems that do not say so in a file. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in brackets, may hold anything; 20 fields after it is the start.
    const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return /^[ZX]/.test(state) ? 'ended' : `${boot}-${fields[18] ?? ''}`
  } catch {
    return ''
  }
}

function refusal(folder: string, path: string, { pid, host }: Holder): Error {
  const where = host === '' || host === hostname() ? '' : ` on ${host}`
  const detail = `process ${pid}${where} is using the data in "${folder}": stop it first, or give this one another folder`
  return fault('engine-unavailable', `${detail} (said by "${path}")`, { pid })
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}
