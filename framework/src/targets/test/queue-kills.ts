/**
 * Kills a process that sends and works, again and again at any moment. In the end every step that was sent has been done
 * or is a dead letter that says why, and each line was walked in its order.
 */
import { once } from 'node:events'
import { join } from 'node:path'
import { shapeOf } from '../../contract/plan-shape.ts'
import type { Item } from '../../contract/store.ts'
import { systemClock } from '../../embedded/clock.ts'
import { type EmbeddedDrivers, embeddedDrivers } from '../../embedded/drivers.ts'
import { bundled, start } from '../../embedded/test/program.ts'
import { runtimeTables } from '../../runtime/runtime.ts'
import type { Word } from './queue-child.ts'
import { isBroken, reasonOf, walkPlan } from './queue-plan.ts'

export interface WalkReport {
  readonly kills: number
  readonly done: number
  readonly dead: number
}

export interface Walk {
  /** The folder of the data. */
  readonly folder: string
  /** The folder of the sources of this file's parent. */
  readonly source: string
  readonly kills: number
  readonly lines: number
  readonly stepsEach: number
  /** Numbers from 0 to 1, by which the moments are chosen. */
  readonly random: () => number
}

/** Throws at the first thing that is not as it was told. */
export async function walkUnderKills(walk: Walk): Promise<WalkReport> {
  const program = await bundled('queue-child.ts', walk.source)
  const total = 2 * walk.lines * walk.stepsEach
  const next = Array.from({ length: walk.lines }, () => 0)
  const moments = Array.from({ length: walk.kills }, (_, at) => ((at + walk.random()) * total) / (walk.kills + 1))
  let before = 0
  for (let life = 0; ; life++) {
    const args = [walk.folder, `${walk.stepsEach}`, ...next.map(String)]
    const reached = await lived(program, walk.source, args, next, (moments[life] ?? Number.POSITIVE_INFINITY) - before)
    before += reached.progress
    if (life >= walk.kills) {
      if (reached.isIdle) return { kills: life, ...(await inspect(walk)) }
      throw new Error('the last process did not come to its end')
    }
  }
}

/** A process until it is idle, or has got so far; keeps what it said it sent. */
async function lived(program: string, source: string, args: readonly string[], next: number[], until: number) {
  const child = start(program, source, args)
  let rest = ''
  let complained = ''
  let sent = 0
  let worked = 0
  let isIdle = false
  const hear = (line: string): void => {
    const [word, one, other] = line.split(' ')
    if (word === ('s' satisfies Word)) {
      next[Number(one)] = Number(other) + 1
      sent++
    } else if (word === ('w' satisfies Word)) worked = Number(one)
    else isIdle = true
    // Where there is nothing more to do, only the last process is left to itself.
    if (sent + worked >= until || isIdle) child.kill('SIGKILL')
  }
  child.stderr?.on('data', data => {
    complained += data
  })
  child.stdout?.on('data', data => {
    const lines = (rest + data).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
  const [, signal] = await once(child, 'close')
  if (signal !== 'SIGKILL') throw new Error(`the process ended by itself: ${complained}`)
  return { progress: sent + worked, isIdle }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** Opens the folder as a new process would, and compares. */
async function inspect({ folder, lines, stepsEach }: Walk): Promise<{ done: number; dead: number }> {
  const clock = systemClock()
  const shape = shapeOf(walkPlan, runtimeTables)
  const drivers = await embeddedDrivers(shape, { folder: join(folder, 'walk'), clock, baseUrl: 'http://localhost' })
  try {
    const letters = await drivers.queues.deadLetters('jobs', lines * stepsEach)
    const reasons = new Map(letters.map(({ body, reason }) => [placeIn(JSON.parse(body)), reason]))
    const done = new Map((await stepsIn(drivers)).map(item => [placeIn(item), Number(item.after)]))
    for (let line = 0; line < lines; line++) inspectLine(line, stepsEach, done, reasons)
    must(done.size + reasons.size === lines * stepsEach, 'there is more than was sent')
    return { done: done.size, dead: letters.length }
  } finally {
    await drivers.close()
  }
}

function inspectLine(
  line: number,
  stepsEach: number,
  done: ReadonlyMap<string, number>,
  reasons: ReadonlyMap<string, string>,
): void {
  let last = -1
  for (let step = 0; step < stepsEach; step++) {
    const place = placeIn({ line, step })
    const after = done.get(place)
    const reason = reasons.get(place)
    must((after === undefined) !== (reason === undefined), `step ${place} is ${reason ? 'done and dead' : 'lost'}`)
    must((reason !== undefined) === isBroken({ line, step }), `step ${place} is dead: ${reason}`)
    if (reason !== undefined) must(says(reason, { line, step }), `step ${place} is dead for "${reason}"`)
    else {
      must(after === last, `step ${place} was done after step ${after}, not ${last}`)
      last = step
    }
  }
}

/** Its own words; or, where a kill came into its last attempt, the queue's. */
function says(reason: string, step: { readonly line: number; readonly step: number }): boolean {
  return reason.includes(reasonOf(step)) || reason.startsWith('handed out 10 times and never settled')
}

/** As a name. */
function placeIn({ line, step }: Item): string {
  return `${line}.${step}`
}

async function stepsIn({ store }: EmbeddedDrivers): Promise<readonly Item[]> {
  const items: Item[] = []
  let after: string | undefined
  do {
    const page = await store.scan('steps', { limit: 1_000, ...(after === undefined ? {} : { after }) })
    items.push(...page.items)
    after = page.after
  } while (after !== undefined)
  return items
}
