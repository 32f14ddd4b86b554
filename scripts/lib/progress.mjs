/**
 * Says what is being done, how far it is and how long it took, on stderr: one line a step, with the seconds
 * running on a terminal, and a line now and then elsewhere. Steps may run side by side.
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
  let begun = 0
  const show = out.isTTY ? ticking(out) : reminding(out)
  return {
    async step(label, work) {
      begun += 1
      const line = `[${begun}/${total}] ${label}`
      const started = performance.now()
      const stop = show(line, started)
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

/** @typedef {(line: string, started: number) => (last: string) => void} Show shows a step, until the last line of it */

/**
 * One line for all steps that run: the one that began first, then the next.
 * @param {NodeJS.WriteStream} out
 * @returns {Show}
 */
function ticking(out) {
  /** @type {Set<() => void>} */
  const running = new Set()
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const tick = () => [...running][0]?.()
  return (line, started) => {
    const own = () => out.write(`\r\u001b[K${line} … ${seconds(started)}`)
    running.add(own)
    tick()
    timer ??= setInterval(tick, 200)
    return last => {
      running.delete(own)
      out.write(`\r\u001b[K${last}`)
      tick()
      if (running.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }
}

/**
 * @param {NodeJS.WriteStream} out
 * @returns {Show}
 */
function reminding(out) {
  return (line, started) => {
    out.write(`${line} …\n`)
    const timer = setInterval(() => out.write(`${line}: still at it after ${seconds(started)}\n`), reminderMs)
    return last => {
      clearInterval(timer)
      out.write(last)
    }
  }
}

/** @param {number} started */
function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}
