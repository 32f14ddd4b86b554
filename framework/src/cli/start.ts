/**
 * `groundplan start`: checks the plans, brings the systems up in this process, serves them until a signal ends it.
 */
import { command } from './command.ts'
import { dividedIn, dividingFlags, withShare } from './dividing.ts'
import { placementIn } from './environments.ts'
import { mistaken } from './findings.ts'
import { askedIn, hostingFlags, mistakesOf, serveUntilStopped, servingOptions, withValues } from './hosting.ts'
import { loadProject, loadSystems, namesMeant } from './load.ts'
import { serveSystems } from './serving.ts'
import { machineVoice, personVoice } from './voice.ts'
import { withFront } from './web/join.ts'

export const start = command({
  name: 'start',
  summary: 'Runs systems in this process, on disk',
  takes: '[system…]',
  about:
    'Starts the systems that groundplan.config.ts names in `start`, or those named here. What they keep is in\n' +
    '.groundplan, and there again after a stop, a kill and a power cut. Ctrl-C stops it: what runs may finish, for\n' +
    '10 seconds at most. A second Ctrl-C stops it at once.',
  flags: { ...hostingFlags, ...dividingFlags },
  examples: [
    ['groundplan start', 'what the config starts, at http://127.0.0.1:7400'],
    ['groundplan start --seed', 'the same, with sample data where there is none yet'],
    ['groundplan start counter --mount / --port 8080', 'one system, its routes at the root'],
    ['groundplan start storefront --gateway customer', 'one side of a system, with all that it asks'],
    ['groundplan start --env production', 'on the engines that the config names there'],
    ['groundplan start shop --env production --service front', 'one service; `--others` says where it asks the rest'],
    ['groundplan start --data /var/lib/shop --json', 'kept elsewhere, for a script that waits for "ready"'],
  ],
  async run(given, named, terminal) {
    const asked = askedIn(given)
    const project = await loadProject(terminal.folder)
    const { systems, start = Object.keys(systems) } = project.config
    const voice = given.json ? machineVoice(terminal, project.root) : personVoice(terminal, project.root)
    const loaded = await loadSystems(project, namesMeant(project, named, start))
    const placement = await placementIn(project, given.env, terminal)
    const mistakes = mistakesOf(loaded, asked, placement)
    voice.mistakes(mistakes)
    if (mistakes.length > 0) throw mistaken(mistakes.length)
    const { options, environment } = await servingOptions(asked, project.root, terminal, voice, placement)
    const divided = dividedIn(given, environment, loaded, placement)
    const whole = divided
      ? withShare(options, divided, loaded)
      : await withFront(options, { given, project, environment }, terminal)
    const serving = await serveSystems(withValues(loaded, environment, voice), whole)
    return serveUntilStopped(serving, asked, terminal, voice)
  },
})
