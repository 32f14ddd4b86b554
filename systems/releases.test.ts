/**
 * The machine that gives a new storefront its calls, as the committed template of production has it, run by moto's
 * interpreter of Step Functions against moto's Lambda, CloudWatch and SNS: through every state that it has.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Call, hasInterpreter } from '../targets/aws/src/test/interpreter.ts'
import {
  namesIn,
  openReleases,
  type Path,
  type ReleaseBed,
  type ReleaseResource,
  shortOf,
} from '../targets/aws/src/test/release-bed.ts'
import { functionsOf, isMove, moveCount } from '../targets/aws/src/test/release-functions.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const file = new URL('./storefront/aws/production/CloudFormation-application.json', import.meta.url)
const release: ReleaseResource = JSON.parse(readFileSync(file, 'utf8')).Resources.Release
const { States } = release.Properties.Definition
const named = States['Name the functions']?.Result as readonly { readonly name: string }[] | undefined
const functions = (named ?? []).map(({ name }) => name)
/** The code of all but this one is new. */
const unchanged = 'storefront-production-ops-bff'
const moved = functions.filter(name => name !== unchanged)
const alarm = 'storefront-production-ErrorsOfBackend'

const before = functions.map(() => '1')
const after = functions.map(name => (name === unchanged ? '1' : '2'))
const each = (what: string) => moved.map(name => `${shortOf(name)} ${what}`)
const [tenth, half, all, back] = [each('10 % to 2'), each('50 % to 2'), each('all to 2'), each('all to 1')]

const world = functionsOf(functions, unchanged)
let releases: ReleaseBed

/** An alarm begins as soon as the last function has this share. */
function illAt(share: string) {
  return async (call: Call) => {
    if (isMove(call, moved.at(-1) ?? '', share)) await releases.setAlarm('ALARM')
    return false
  }
}

beforeAll(async () => {
  if (hasInterpreter()) releases = await openReleases(release, world, alarm)
})

afterAll(() => releases?.bed.close())

describe.skipIf(!hasInterpreter())('C13: Step Functions orders the steps and traffic levels of storefront', () => {
  it('gives what is new a tenth, a half and, when a person said yes, all', async () => {
    const end = await releases.run({ answer: 'yes', minutes: 'as written' })
    expect(end).toMatchObject({ status: 'SUCCEEDED', live: after, moves: [...tenth, ...half, ...all] })
    expect(end.told).toHaveLength(2)
    expect(end.told[0]).toMatch(
      /^aws stepfunctions send-task-success --region eu-central-1 --task-token \S+ --task-output '{}'$/m,
    )
    expect(end.told[0]).toMatch(/^aws stepfunctions send-task-failure .* --error Rejected --cause 'No'$/m)
    expect(end.told[1]).toContain('All calls of storefront in production go to what is new')
    const looks = releases.bed.calls.filter(({ action }) => action === 'cloudwatch DescribeAlarms')
    // Once before, then each minute of 10, 20 and 20.
    expect(looks).toHaveLength(51)
  })

  it('moves services that others ask before those that ask them, and the carrier last', () => {
    expect(functions.map(shortOf)).toEqual(['backend', 'customer-bff', 'ops-bff', 'shop', 'groundplan-carrier'])
  })

  it('takes all back when a person says no', async () => {
    const end = await releases.run({ answer: 'no' })
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
    expect(end.moves).toEqual([...tenth, ...half, ...back])
    expect(end.told.at(-1)).toContain('was taken back, Rejected')
  })

  it('takes all back when nobody answers in time', async () => {
    const end = await releases.run({})
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
    expect(end).toMatchObject({ cause: 'nobody said yes at 50 percent', moves: [...tenth, ...half, ...back] })
  })
})

describe.skipIf(!hasInterpreter())('C13: an alarm rolls back', () => {
  it.each([
    ['10 percent', '10 %', [...tenth, ...back]],
    ['50 percent', '50 %', [...tenth, ...half, ...back]],
    ['all', 'all', [...tenth, ...half, ...all, ...back]],
  ])('at %s: every function is where it was', async (level, share, expected) => {
    const end = await releases.run({ answer: 'yes', onCall: illAt(share) })
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before, moves: expected })
    expect(end.cause).toBe(`at ${level}: ["${alarm}"]`)
    expect(end.told.at(-1)).toContain(`was taken back, Alarm: at ${level}`)
  })

  it('that is on already lets nothing move', async () => {
    const onCall = async ({ action }: Call) => {
      if (action === 'lambda getAlias') await releases.setAlarm('ALARM')
      return false
    }
    const end = await releases.run({ onCall })
    expect(end).toMatchObject({ status: 'FAILED', error: 'NothingWasMoved', moves: [], live: before })
  })
})

describe.skipIf(!hasInterpreter())('C13: the machine that moves traffic', () => {
  it('moves nothing where nothing is new', async () => {
    const onCall = async ({ action, on }: Call) => {
      if (action === 'lambda getAlias' && on !== unchanged) await world.setLive(releases.bed, on, '2')
      return false
    }
    expect(await releases.run({ onCall })).toMatchObject({ status: 'SUCCEEDED', moves: [], live: after })
  })

  it.each(['lambda getAlias', 'lambda publishVersion'])('moves nothing where %s fails', async failing => {
    const end = await releases.run({ onCall: ({ action }) => action === failing })
    expect(end).toMatchObject({ status: 'FAILED', error: 'NothingWasMoved', moves: [], live: before })
  })

  it('tries a call again that failed once, and goes on', async () => {
    const onCall: Path['onCall'] = (call, so) => isMove(call, moved[0] ?? '', '10 %') && moveCount(so, '10 %') === 1
    const end = await releases.run({ answer: 'yes', onCall })
    expect(end).toMatchObject({ status: 'SUCCEEDED', live: after })
    expect(end.moves.filter(move => move === tenth[0])).toHaveLength(2)
  })

  it('takes all back where a function cannot be moved, also those that were', async () => {
    const end = await releases.run({ onCall: call => isMove(call, moved[1] ?? '', '10 %') })
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
    expect(end.moves.slice(-back.length)).toEqual(back)
  })

  it('takes all back where the alarms cannot be looked at', async () => {
    const onCall: Path['onCall'] = ({ action }, so) =>
      action === 'cloudwatch DescribeAlarms' && moveCount(so, '10 %') > 0
    expect(await releases.run({ onCall })).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
  })

  it('takes all back where nobody can be asked, and ends though nobody can be told', async () => {
    const end = await releases.run({ onCall: ({ action }) => action === 'sns Publish' })
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
  })

  it('says that it stands between where it cannot be taken back', async () => {
    const ill = illAt('10 %')
    const end = await releases.run({ onCall: async call => (await ill(call)) || isMove(call, '', 'all') })
    expect(end).toMatchObject({ status: 'FAILED', error: 'StandsBetween' })
    expect(end.told.at(-1)).toContain('stands between old and new')
  })

  it('has no state that no path went through, and no two of one name', () => {
    const names = namesIn(States)
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter(name => !releases.visited.has(name))).toEqual([])
  })
})
