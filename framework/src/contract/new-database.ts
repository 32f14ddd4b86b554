/**
 * The files of a PostgreSQL (PGlite) that nobody has used, made when this package was built: to make them takes seconds,
 * to unpack them a fraction of one. They are the same for everybody. A package that was not built has none.
 */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** In the result of the build, which sources find beside them. */
const place = import.meta.url.endsWith('.ts') ? '../../dist/new-database.tar.gz' : '../new-database.tar.gz'

/**
 * Begins a database with these files, an archive of 16 MB as PGlite takes it. Without them, and it makes its own, where
 * there are none, none that can be read, or none that suit the PGlite that is installed.
 */
export async function withNewFiles<T>(begin: (files: Blob | undefined) => Promise<T>): Promise<T> {
  const files = await newDatabaseFiles()
  return files ? begin(files).catch(() => begin(undefined)) : begin(undefined)
}

export async function newDatabaseFiles(): Promise<Blob | undefined> {
  try {
    const packed = await readFile(new URL(place, import.meta.url))
    return new Blob([await promisify(gunzip)(packed)])
  } catch {
    return undefined
  }
}
