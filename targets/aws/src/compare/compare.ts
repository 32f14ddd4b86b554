/**
 * What a deployment would change, in words. Compares templates alone: those written before, or those that CloudFormation
 * says it deployed last, with those of now.
 */
import type { TargetChange, TargetChanges, TargetFiles } from 'groundplan/target'
import { kindOf, whatIs } from './kinds.ts'
import { openings, pathsOf, widenedPaths } from './paths.ts'
import { permissionsOf, undenied, widened } from './permissions.ts'
import { isRecord, type Json, type Resource, resourcesIn, shown } from './templates.ts'

export function compared(before: TargetFiles, after: TargetFiles): TargetChanges {
  const [old, now] = [resourcesIn(before), resourcesIn(inSight(before, after))]
  const pairs = [...new Set([...old.keys(), ...now.keys()])].sort().map(key => [old.get(key), now.get(key)] as const)
  const known = new Set(openings(old.values()))
  return {
    changes: pairs.flatMap(([was, is]) => changeOf(was, is)),
    widens: [
      ...widened(permissionsOf(old.values()), permissionsOf(now.values())),
      ...undenied(stayed(old, now), now.values()),
      ...widenedPaths(pathsOf(old.values()), pathsOf(now.values())),
      ...openings(now.values()).filter(opening => !known.has(opening)),
      ...unguarded(old, now),
    ],
    loses: pairs.flatMap(([was, is]) => lossOf(was, is)),
  }
}

/** The people's template is deployed in another account: whoever asks what runs here does not see it. */
function inSight(before: TargetFiles, after: TargetFiles): TargetFiles {
  if (Object.keys(before).length === 0 || peopleFile in before) return after
  return Object.fromEntries(Object.entries(after).filter(([file]) => file !== peopleFile))
}

const peopleFile = 'CloudFormation-people.json'

type Resources = ReadonlyMap<string, Resource>

/** A policy of what is removed as a whole denies nothing any more that is there. */
function stayed(old: Resources, now: Resources): readonly Resource[] {
  const targets = (resource: Resource) =>
    JSON.stringify(resource.properties.Bucket ?? resource.properties.Topics ?? null)
  const policed = new Set([...now.values()].map(targets))
  return [...old].flatMap(([key, was]) => (now.has(key) || policed.has(targets(was)) ? [was] : []))
}

/** Doors whose firewall goes and who stay. */
function unguarded(old: Resources, now: Resources): readonly string[] {
  const gone = [...old].filter(([key, { type }]) => type === 'AWS::WAFv2::WebACLAssociation' && !now.has(key))
  return gone.map(([, { properties }]) => `${shown(properties.ResourceArn)} stands without a firewall`)
}

function changeOf(was: Resource | undefined, is: Resource | undefined): readonly TargetChange[] {
  if (!was) return is ? [{ does: 'makes', what: whatIs(is), how: [] }] : []
  if (!is)
    return [{ does: 'removes', what: whatIs(was), how: was.kept ? ['it stays where it is, without a template'] : [] }]
  const how = [...(was.kept && !is.kept ? ['is no longer kept when it is removed'] : []), ...differences(was, is)]
  if (how.length === 0 && was.type === is.type) return []
  return [{ does: replaces(was, is) ? 'replaces' : 'changes', what: whatIs(is), how }]
}

/** CloudFormation makes another one where what cannot be changed changes. */
function replaces(was: Resource, is: Resource): boolean {
  if (was.type !== is.type) return true
  return kindOf(is).replacing.some(name => !same(was.properties[name], is.properties[name]))
}

function differences(was: Resource, is: Resource): readonly string[] {
  const names = [...new Set([...Object.keys(was.properties), ...Object.keys(is.properties)])].sort()
  return names.flatMap(name => difference(name, was.properties[name], is.properties[name]))
}

const longestShown = 160

/** Down to what differs; a list is one value. */
function difference(name: string, was: Json | undefined, is: Json | undefined): readonly string[] {
  if (same(was, is)) return []
  if (isRecord(was) && isRecord(is) && !refers(was) && !refers(is)) {
    const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort()
    return names.flatMap(each => difference(`${name}.${each}`, was[each], is[each]))
  }
  const [before, after] = [shown(was), shown(is)]
  return before.length + after.length > longestShown ? [`${name} changes`] : [`${name}: ${before} → ${after}`]
}

function refers(value: { readonly [name: string]: Json }): boolean {
  const [name = ''] = Object.keys(value)
  return name === 'Ref' || name.startsWith('Fn::')
}

function same(one: Json | undefined, other: Json | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Data that would be gone: of what is removed or replaced and not kept; of indexes nothing is lost, they are made again. */
function lossOf(was: Resource | undefined, is: Resource | undefined): readonly string[] {
  if (!was || !kindOf(was).holdsData) return []
  const removed = !is
  if (!removed && !replaces(was, is)) return []
  if (was.kept)
    return removed ? [] : [`${whatIs(was)} is replaced by an empty one; what it holds stays there, and nobody reads it`]
  return [`what ${whatIs(was)} holds is removed with it`]
}
