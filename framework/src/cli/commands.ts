/**
 * All commands, each loaded when it is asked for: a start does not wait for what it does not need.
 */
import type { Commands } from './command.ts'

export const commands: Commands = {
  start: async () => (await import('./start.ts')).start,
  dev: async () => (await import('./dev.ts')).dev,
  init: async () => (await import('./init.ts')).init,
  check: async () => (await import('./check.ts')).check,
  openapi: async () => (await import('./openapi.ts')).openapi,
  compose: async () => (await import('./compose.ts')).compose,
  synth: async () => (await import('./synth.ts')).synth,
  pipeline: async () => (await import('./pipeline.ts')).pipeline,
  bundle: async () => (await import('./bundles.ts')).bundle,
  diff: async () => (await import('./diff.ts')).diff,
  deploy: async () => (await import('./deploy.ts')).deploy,
  approve: async () => (await import('./approve.ts')).approve,
  destroy: async () => (await import('./destroy.ts')).destroy,
  draw: async () => (await import('./draw.ts')).draw,
  migrate: async () => (await import('./migrate.ts')).migrate,
  logs: async () => (await import('./logs.ts')).logs,
  trace: async () => (await import('./trace.ts')).trace,
  queue: async () => (await import('./queue.ts')).queue,
  schedule: async () => (await import('./schedule.ts')).schedule,
  table: async () => (await import('./table.ts')).table,
  secret: async () => (await import('./secret.ts')).secret,
  setting: async () => (await import('./setting.ts')).setting,
  key: async () => (await import('./key.ts')).key,
  seed: async () => (await import('./seed.ts')).seed,
  help: async () => (await import('./help.ts')).helpOn(commands),
  version: async () => (await import('./version.ts')).version,
}
