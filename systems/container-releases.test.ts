/**
 * The machine that gives a new counter its calls, as the committed template of production has it, run by moto's
 * interpreter of Step Functions against moto's ECS, balancer, scaling, CloudWatch and SNS: through every state that it has.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { MovedContainer } from '../targets/aws/src/application/release-containers.ts'
import { type Call, hasInterpreter } from '../targets/aws/src/test/interpreter.ts'
import {
  namesIn,
  openReleases,
  type Path,
  type ReleaseBed,
  type ReleaseResource,
} from '../targets/aws/src/test/release-bed.ts'
import { containersOf } from '../targets/aws/src/test/release-containers.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const file = new URL('./counter/aws/production/CloudFormation-application.json', import.meta.url)
const { Resources } = JSON.parse(readFileSync(file, 'utf8'))
const release: ReleaseResource = Resources.Release
const { States } = release.Properties.Definition
const containers = (States['Name the containers']?.Result ?? []) as readonly MovedContainer[]
const alarm = 'counter-production-FailuresOfNewServer'
const world = containersOf('counter-production', containers)

const rests = (version: number, name: string, door: string) =>
  `${name}: runs ${version} with 3, from 2 to 10; beside it 0, from 0 to 0; ${door} 0 %`
const before = [rests(1, 'server', 'DoorApi'), rests(1, 'web', 'Pages')]
const after = [rests(2, 'server', 'DoorApi'), rests(2, 'web', 'Pages')]

const shares = (percent: number) => {
  const sticky = percent > 0 && percent < 100 ? ', sticky' : ''
  const weights = (name: string) => `Target${name} ${100 - percent} %, NewTarget${name} ${percent} %`
  return [`DoorApi: ${weights('Server')}`, `Pages: ${weights('Web')}${sticky}`]
}
const both = (lines: (name: string) => readonly string[]) => ['server', 'web'].flatMap(lines)
const ready = both(name => [`${name} from 3 to 10`, `${name}_new from 3 to 10`, `${name}_new has 3`])
const rest = (name: string) => [`${name}_new from 0 to 0`, `${name}_new has 0`, `${name} from 2 to 10`]
const settled = [...both(name => [`${name} runs 2`]), ...shares(0), ...both(rest)]
const [api, pages] = shares(0)
const back = [...[api, 'server runs 1, has 3', ...rest('server')], ...[pages, 'web runs 1, has 3', ...rest('web')]]

let releases: ReleaseBed

function isShare({ action, body }: Call, percent: number): boolean {
  return action.endsWith('ModifyRule') && body.includes(`member.2.Weight=${percent}&`)
}

const shareCount = (calls: readonly Call[], percent: number) => calls.filter(call => isShare(call, percent)).length

/** An alarm begins as soon as pages have this share. */
function illAt(percent: number): NonNullable<Path['onCall']> {
  return async (call, so) => {
    if (isShare(call, percent) && shareCount(so, percent) === 2) await releases.setAlarm('ALARM')
    return false
  }
}

/** Fails whatever happens to the service by this update. */
function failing(service: string, has: string): NonNullable<Path['onCall']> {
  return ({ action, body }) => action === 'ecs UpdateService' && body.includes(`${service}"`) && body.includes(has)
}

beforeAll(async () => {
  if (hasInterpreter()) releases = await openReleases(release, world, alarm)
})

afterAll(() => releases?.bed.close())

describe.skipIf(!hasInterpreter())('C13: Step Functions orders the steps and traffic levels of counter', () => {
  it('starts what is new beside what runs, gives it a tenth, a half and, when a person said yes, all, and puts it in place', async () => {
    const end = await releases.run({ answer: 'yes' })
    expect(end).toMatchObject({ status: 'SUCCEEDED', live: after })
    expect(end.moves).toEqual([...ready, ...shares(10), ...shares(50), ...shares(100), ...settled])
    expect(end.told).toHaveLength(2)
    expect(end.told[0]).toContain('counter in production does well with 50 percent of the calls. Give it more?')
    expect(end.told[1]).toContain('All calls of counter in production go to what is new')
    const looks = releases.bed.calls.filter(({ action }) => action === 'cloudwatch DescribeAlarms')
    // Once before, and once at each level, which are a minute here.
    expect(looks).toHaveLength(4)
  })

  it('takes all back when a person says no', async () => {
    const end = await releases.run({ answer: 'no' })
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
    expect(end.moves).toEqual([...ready, ...shares(10), ...shares(50), ...back])
    expect(end.told.at(-1)).toContain('was taken back, Rejected')
  })

  it('takes all back when nobody answers in time', async () => {
    const end = await releases.run({})
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
    expect(end.cause).toBe('nobody said yes at 50 percent')
  })
})

describe.skipIf(!hasInterpreter())('C13: an alarm rolls counter back', () => {
  it.each([
    ['10 percent', 10, [...shares(10), ...back]],
    ['50 percent', 50, [...shares(10), ...shares(50), ...back]],
    ['all', 100, [...shares(10), ...shares(50), ...shares(100), ...back]],
  ])('at %s: what ran before has all calls again', async (level, percent, expected) => {
    const end = await releases.run({ answer: 'yes', onCall: illAt(percent) })
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
    expect(end.moves).toEqual([...ready, ...expected])
    expect(end.cause).toBe(`at ${level}: ["${alarm}"]`)
    expect(end.told.at(-1)).toContain(`was taken back, Alarm: at ${level}`)
  })

  it('that is on already lets nothing start', async () => {
    const onCall: Path['onCall'] = async ({ action }) => {
      if (action === 'ecs DescribeServices') await releases.setAlarm('ALARM')
      return false
    }
    expect(await releases.run({ onCall })).toMatchObject({ error: 'NothingWasMoved', moves: [], live: before })
  })
})

describe.skipIf(!hasInterpreter())('C13: the machine that moves calls between containers', () => {
  /** Of the service that runs what is new. */
  const rollingOut = (service: string, how: 'ill' | 'back' | 'never'): NonNullable<Path['onCall']> => {
    return () => {
      world.rollouts.set(service, how)
      return false
    }
  }

  it('starts nothing where both services have the same tasks', async () => {
    const onCall: Path['onCall'] = async ({ action }, so) => {
      if (action !== 'ecs DescribeServices' || so.length > 1) return false
      for (const { service } of containers) {
        const json = { cluster: 'counter-production', service, taskDefinition: `${service}:2` }
        await releases.bed.ask('ecs', { target: 'AmazonEC2ContainerServiceV20141113.UpdateService', json })
      }
      const reads = { cluster: 'counter-production', services: containers.map(({ newService }) => newService) }
      await releases.bed.ask('ecs', { target: 'AmazonEC2ContainerServiceV20141113.DescribeServices', json: reads })
      return false
    }
    expect(await releases.run({ onCall })).toMatchObject({ status: 'SUCCEEDED', moves: [], live: after })
  })

  it('moves nothing where ECS cannot be asked', async () => {
    const end = await releases.run({ onCall: ({ action }) => action === 'ecs DescribeServices' })
    expect(end).toMatchObject({ status: 'FAILED', error: 'NothingWasMoved', moves: [], live: before })
  })

  it.each([
    ['fail', 'ill'],
    ['do not get well in time', 'never'],
  ] as const)('gives no call to what is new where its tasks %s', async (_, how) => {
    const end = await releases.run({ onCall: rollingOut('server_new', how) })
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
    expect(end.moves.some(move => move.includes('NewTargetServer 10 %'))).toBe(false)
    expect(end.told.at(-1)).toContain('tasks of what is new do not start, or are not well')
  })

  it('takes all back where ECS does not keep what is new in place', async () => {
    const end = await releases.run({ answer: 'yes', onCall: rollingOut('server', 'back') })
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
    expect(end.moves.slice(-back.length)).toEqual(back)
  })

  it('takes all back where a door cannot be moved, also those that were', async () => {
    const end = await releases.run({ onCall: (call, so) => isShare(call, 50) && shareCount(so, 50) > 1 })
    expect(end).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
    expect(end.moves.slice(-back.length)).toEqual(back)
  })

  it('takes all back where the alarms cannot be looked at', async () => {
    const onCall: Path['onCall'] = ({ action }, so) => action === 'cloudwatch DescribeAlarms' && shareCount(so, 10) > 0
    expect(await releases.run({ onCall })).toMatchObject({ status: 'FAILED', error: 'TakenBack', live: before })
  })

  it('is done where what it ran beside cannot be stopped: all calls go to what is new', async () => {
    const end = await releases.run({ answer: 'yes', onCall: failing('server_new', '"desiredCount": 0') })
    expect(end.status).toBe('SUCCEEDED')
    expect(end.live[0]).toMatch(/^server: runs 2 with 3, .*beside it 3, from 0 to 0; DoorApi 0 %$/)
  })

  it('says that it stands between where it cannot be taken back', async () => {
    const ill = illAt(10)
    const end = await releases.run({ onCall: async (call, so) => (await ill(call, so)) || isShare(call, 0) })
    expect(end).toMatchObject({ status: 'FAILED', error: 'StandsBetween' })
    expect(end.told.at(-1)).toContain('stands between old and new')
  })

  it('has no state that no path went through, and no two of one name', () => {
    const names = namesIn(States)
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter(name => !releases.visited.has(name))).toEqual([])
  })
})

describe("C13: counter's template", () => {
  it('leaves what runs to the machine: a stack gives new tasks to the second service alone', () => {
    expect(Resources.ServiceServer.Properties.TaskDefinition).toBe('counter-production-server')
    expect(Resources.NewServiceServer.Properties).toMatchObject({
      TaskDefinition: { Ref: 'TaskServer' },
      DesiredCount: 0,
    })
    expect(Resources.TaskServer.UpdateReplacePolicy).toBe('Retain')
  })

  it('has the machine look at the failures of what is new by themselves, and at calls that nobody answers', () => {
    const { AlarmNames } = (States['Look before']?.Parameters ?? {}) as { readonly AlarmNames: readonly string[] }
    expect(AlarmNames).toEqual(expect.arrayContaining([alarm, 'counter-production-Unanswered']))
    const names = Object.values<{ Properties: { AlarmName?: string } }>(Resources).map(
      each => each.Properties.AlarmName,
    )
    expect(AlarmNames.filter(name => !names.includes(name))).toEqual([])
  })
})
