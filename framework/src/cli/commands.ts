/**
 * All commands, each loaded when it is asked for: a start does not wait for what it does not need.
 */
import type { Commands } from './command.ts'

export const commands: Commands = {
  start: async () => (await import('./start.ts')).start,
  check: async () => (await import('./check.ts')).check,
  openapi: async () => (await import('./openapi.ts')).openapi,
  draw: async () => (await import('./draw.ts')).draw,
  logs: async () => (await import('./logs.ts')).logs,
  trace: async () => (await import('./trace.ts')).trace,
  help: async () => (await import('./help.ts')).helpOn(commands),
  version: async () => (await import('./version.ts')).version,
}
