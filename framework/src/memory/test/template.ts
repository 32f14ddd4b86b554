/** The template of all tests that open databases in memory: files that were made before them. */
import { readFile } from 'node:fs/promises'
import { inject } from 'vitest'
import type { DatabaseTemplate } from '../database.ts'

export const template: DatabaseTemplate = {
  files: async () => new Blob([await readFile(inject('databaseFiles'))]),
}
