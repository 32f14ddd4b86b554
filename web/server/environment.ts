/** What the front's server process is told from outside; the only reader of its environment. Never part of a bundle. */
import 'server-only'

/** Where the systems answer, such as `http://127.0.0.1:7400`. */
export function systemsAddress(): string {
  return process.env.GROUNDPLAN_ADDRESS ?? 'http://127.0.0.1:7400'
}

/** Whether pages are made anew at each change of their sources. */
export function isDevelopment(): boolean {
  return process.env.NODE_ENV === 'development'
}
