/** The template of all tests that open databases in memory: made once in a process, which tests of many files share. */
import { databaseTemplate } from '../database.ts'

export const template = databaseTemplate()
