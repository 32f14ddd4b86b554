/**
 * Reads that come while others are under way meet in one statement, so that a hundred callers cost a few round trips. A
 * statement begins after each of its callers has asked, so each sees what was committed before it did.
 */
interface Waiting<Asked, Answer> {
  readonly asked: Asked
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** Statements of one form at a time; beside the first, only for so many callers. */
const mostBeside = 4
const worthOneMore = 8
const mostAtOnce = 100
/** Items that one statement asks for; beyond, callers would wait for each other's. */
const mostItems = 1_000

/** For reads of one form. */
export class Meeting<Asked, Answer> {
  /** Answers all of them, in their order. */
  readonly #answered: (all: readonly Asked[]) => Promise<readonly Answer[]>
  /** How many items somebody asks for. */
  readonly #itemsOf: (asked: Asked) => number
  #waiting: Waiting<Asked, Answer>[] = []
  #running = 0

  constructor(
    answered: (all: readonly Asked[]) => Promise<readonly Answer[]>,
    itemsOf: (asked: Asked) => number = () => 1,
  ) {
    this.#answered = answered
    this.#itemsOf = itemsOf
  }

  ask(asked: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ asked, resolve, reject })
      if (this.#running > 0 && (this.#running >= mostBeside || this.#waiting.length < worthOneMore)) return
      this.#running++
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    // Who asks in the same turn meets in the first statement.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#ask(this.#next())
    this.#running--
  }

  #next(): readonly Waiting<Asked, Answer>[] {
    let items = 0
    let count = 0
    for (const { asked } of this.#waiting) {
      items += this.#itemsOf(asked)
      if (count === mostAtOnce || (count > 0 && items > mostItems)) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  /** Never rejects: each is told for itself. */
  async #ask(all: readonly Waiting<Asked, Answer>[]): Promise<void> {
    try {
      const answers = await this.#answered(all.map(({ asked }) => asked))
      for (const [at, answer] of answers.entries()) all[at]?.resolve(answer)
    } catch (error) {
      for (const { reject } of all) reject(error)
    }
  }
}
