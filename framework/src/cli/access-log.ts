/**
 * The access log: a line for each request that reaches an endpoint, at level debug. It stands before a door only while
 * somebody wants to read it, so that it costs nobody else anything.
 */
import type { Door } from '../runtime/door.ts'
import type { LogSink } from '../runtime/log.ts'

/** The same door, logging. */
export function logged(door: Door, logs: LogSink): Door {
  return {
    ...door,
    async call(route, asked) {
      const began = performance.now()
      const answer = await door.call(route, asked)
      const ms = Math.round((performance.now() - began) * 10) / 10
      logs({
        level: 'debug',
        atMs: Date.now(),
        plan: door.plan,
        handler: `${route.gateway}/${route.name}`,
        message: `${asked.method} ${asked.path}`,
        fields: { status: answer.status, ms, ...(answer.kind === 'problem' ? { code: answer.problem.code } : {}) },
      })
      return answer
    },
  }
}
