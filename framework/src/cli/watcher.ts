/**
 * Watches files, wherever they are: also those that are not there yet, and those that editors replace by another of the
 * same name.
 *
 * Node's `fs.watch` on the folders that hold them says at once that something happened there; whether it concerns us is
 * seen from the files themselves, by time and size. Once a second they are looked at without having been told: some
 * mounts of containers and networks tell nothing. A file that is written in several steps is waited for.
 *
 * No library: chokidar rests on the same `fs.watch`, finds files below folders by patterns, which nobody asks for here (the
 * bundler names every file), and its polling is another mode, not a second look.
 */
import { existsSync, type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Editors write in several steps: so long nothing more must have happened. */
const quietMs = 15
/** Without having been told. */
const lookMs = 1_000

export interface Watcher {
  /** Watches these files from now on, as they were when `marks` was taken. */
  watch(files: readonly string[], marks: Marks): void
  close(): void
}

/** What files were at one moment: time and size of change, or nothing where there was no file. */
export type Marks = ReadonlyMap<string, string>

export function marksOf(files: readonly string[]): Marks {
  return new Map(files.map(file => [file, markOf(file)]))
}

/** @param changed is called when one of the files is another than it was; not again before `watch` is called anew */
export function openWatcher(changed: () => void): Watcher {
  return new FolderWatcher(changed)
}

class FolderWatcher implements Watcher {
  readonly #changed: () => void
  readonly #folders = new Map<string, { readonly watching: FSWatcher; readonly inode: number }>()
  readonly #looking: NodeJS.Timeout
  #names: ReadonlySet<string> = new Set()
  #marks: Marks = new Map()
  #soon: NodeJS.Timeout | undefined
  #told = false

  constructor(changed: () => void) {
    this.#changed = changed
    this.#looking = setInterval(() => this.#look(), lookMs)
  }

  watch(files: readonly string[], marks: Marks): void {
    this.#marks = new Map(files.map(file => [file, marks.get(file) ?? markOf(file)]))
    this.#names = new Set(files.map(file => basename(file)))
    this.#told = false
    this.#openFolders(new Set(files.map(folderOf)))
    this.#look()
  }

  close(): void {
    clearInterval(this.#looking)
    clearTimeout(this.#soon)
    this.#told = true
    for (const { watching } of this.#folders.values()) watching.close()
  }

  /** A folder that was removed and made again is another one. */
  #openFolders(wanted: ReadonlySet<string>): void {
    for (const [folder, { watching, inode }] of this.#folders) {
      if (wanted.has(folder) && inodeOf(folder) === inode) continue
      watching.close()
      this.#folders.delete(folder)
    }
    for (const folder of wanted) if (!this.#folders.has(folder)) this.#open(folder)
  }

  #open(folder: string): void {
    try {
      const watching = watch(folder, (_event, name) => {
        if (name === null || this.#names.has(name) || !existsSync(folder) || this.#isWayTo(folder)) this.#lookSoon()
      })
      watching.on('error', () => watching.close())
      this.#folders.set(folder, { watching, inode: inodeOf(folder) })
    } catch {
      // Too many folders are watched on this machine, or it is gone: it is looked at once a second.
    }
  }

  /** Whether a folder is watched because one of the files' own is not there. */
  #isWayTo(folder: string): boolean {
    for (const file of this.#marks.keys()) if (dirname(file) !== folder && folderOf(file) === folder) return true
    return false
  }

  #lookSoon(): void {
    clearTimeout(this.#soon)
    this.#soon = setTimeout(() => this.#look(), quietMs)
  }

  #look(): void {
    if (this.#told) return
    for (const [file, mark] of this.#marks) {
      if (markOf(file) === mark) continue
      this.#told = true
      this.#changed()
      return
    }
  }
}

/** The folder that tells of a file: its own, or the nearest above that is there. */
function folderOf(file: string): string {
  const folder = dirname(file)
  return existsSync(folder) || dirname(folder) === folder ? folder : folderOf(folder)
}

function markOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats ? `${stats.mtimeMs} ${stats.size} ${stats.ino}` : ''
}

function inodeOf(folder: string): number {
  return statSync(folder, { throwIfNoEntry: false })?.ino ?? 0
}
