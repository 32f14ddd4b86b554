/**
 * Says what is being done, how far it is and how long it took, on stderr: one line a step, with the seconds
 * running on a terminal, and a line now and then elsewhere.
 */

const reminderMs = 15_000

/**
 * @typedef {object} Progress
 * @property {<T>(label: string, work: () => Promise<T>) => Promise<T>} step runs one step and shows it
 */

/**
 * @param {number} total how many steps there will be
 * @param {NodeJS.WriteStream} out
 * @returns {Progress}
 */
export function createProgress(total, out = process.stderr) {
  let done = 0
  return {
    async step(label, work) {
      done += 1
      const line = `[${done}/${total}] ${label}`
      const started = performance.now()
      const stop = out.isTTY ? tick(out, line, started) : remind(out, line, started)
      try {
        const result = await work()
        stop(`${line}: done in ${seconds(started)}\n`)
        return result
      } catch (error) {
        stop(`${line}: failed after ${seconds(started)}\n`)
        throw error
      }
    },
  }
}

/** A step that failed, with what its program printed. */
export class StepFailed extends Error {
  /**
   * @param {string} message
   * @param {number} code the exit code to end with
   * @param {string} [output]
   */
  constructor(message, code, output = '') {
    super(message)
    this.code = code
    this.output = output
  }
}

/**
 * Ends the process as the failure asks: its output, its message, its exit code.
 * @param {unknown} error
 */
export function report(error) {
  if (!(error instanceof StepFailed)) throw error
  if (error.output) process.stderr.write(`${error.output.trimEnd()}\n`)
  console.error(error.message)
  process.exitCode = error.code
}

/**
 * @param {NodeJS.WriteStream} out
 * @param {string} line
 * @param {number} started
 * @returns {(last: string) => void}
 */
function tick(out, line, started) {
  const show = () => out.write(`\r${line} … ${seconds(started)}`)
  show()
  const timer = setInterval(show, 200)
  return last => {
    clearInterval(timer)
    out.write(`\r\u001b[K${last}`)
  }
}

/**
 * @param {NodeJS.WriteStream} out
 * @param {string} line
 * @param {number} started
 * @returns {(last: string) => void}
 */
function remind(out, line, started) {
  out.write(`${line} …\n`)
  const timer = setInterval(() => out.write(`${line}: still at it after ${seconds(started)}\n`), reminderMs)
  return last => {
    clearInterval(timer)
    out.write(last)
  }
}

/** @param {number} started */
function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}
