/**
 * `groundplan seed`: sample data of a system, whenever it is asked for. Run again, it doubles nothing.
 */
import { command } from './command.ts'
import { exitCodes } from './errors.ts'
import { operating, operatingFlags, systemIn } from './operating.ts'
import { printable } from './printable.ts'

export const seed = command({
  name: 'seed',
  summary: 'Fills a system with its sample data',
  takes: '<system>',
  about:
    'Runs the seed.ts beside the plan, on a system that runs or on one that does not. Run again, it doubles nothing.',
  flags: operatingFlags,
  examples: [['groundplan seed storefront', 'products, and development keys to try them with']],
  run({ json, data, env }, [system], terminal) {
    const of = (project: Parameters<typeof systemIn>[0]) => systemIn(project, system, 'groundplan seed <system>')
    return operating(terminal, { data, env }, of, async (operator, name) => {
      const { said } = await operator.seed()
      if (json) terminal.out(`${JSON.stringify({ system: name, said })}\n`)
      else for (const line of [`${name} has its sample data`, ...said]) terminal.out(`${printable(line)}\n`)
      return exitCodes.done
    })
  },
})
