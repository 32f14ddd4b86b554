/**
 * `@groundplan/server`: hosts a project on the team's own machines. `groundplan compose` calls this; what it writes lives
 * on without us.
 */
export { composeFiles } from './compose-files.ts'
export type { HostedProject, HostedSystem } from './project.ts'
export { type WriteReport, type WrittenFile, writeFiles } from './write.ts'
