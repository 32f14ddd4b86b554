/** Lines of steps through an ordered queue; some steps cannot be done. Each says after which it was done. */
import { z } from 'zod'
import { anyone } from '../../plan/authorizer.ts'
import { consumer } from '../../plan/consumer.ts'
import { endpoint } from '../../plan/endpoint.ts'
import { gateway } from '../../plan/gateway.ts'
import { atomically } from '../../plan/operation.ts'
import { plan } from '../../plan/plan.ts'
import { queue } from '../../plan/queue.ts'
import { service } from '../../plan/service.ts'
import { table } from '../../plan/table.ts'

const Step = z.object({ line: z.int(), step: z.int() })

export const jobs = queue('jobs', {
  message: Step,
  orderBy: ({ line }) => String(line),
  // More than kills can use up.
  attempts: 10,
  backoff: { first: '5 milliseconds', most: '20 milliseconds' },
})
export const steps = table('steps', { item: Step.extend({ after: z.int() }), key: ['line', 'step'] })
const lines = table('lines', { item: z.object({ line: z.int(), last: z.int() }), key: ['line'] })

/** Whether nobody can do it. */
export function isBroken({ line, step }: z.output<typeof Step>): boolean {
  return (step + line) % 50 === 7
}

export function reasonOf({ line, step }: z.output<typeof Step>): string {
  return `step ${step} of line ${line} cannot be done`
}

const walk = consumer(jobs, {
  uses: { steps: steps.writer, lines: lines.writer },
  concurrency: 50,
  async handle({ message }, { steps, lines }) {
    if (isBroken(message)) throw new Error(reasonOf(message))
    const { last = -1 } = (await lines.get({ line: message.line })) ?? {}
    // It came before: the process died between its end and the queue's knowing of it.
    if (last === message.step) return
    await atomically({
      step: steps.insert({ ...message, after: last }),
      line: lines.put({ line: message.line, last: message.step }),
    })
  },
})

const hello = endpoint('GET /hello', {
  summary: 'Says hello',
  caller: anyone,
  returns: z.string(),
  handle: async () => 'hello',
})

export const walkPlan = plan('walk', { gateways: { api: gateway(service('server', { walk, hello })) } })
