/**
 * Names: what things are called on AWS, in templates and in words. Those of tables, queues and buckets are the driver's
 * own functions, since it must find them.
 */
import { createHash } from 'node:crypto'
import { bucketName, queueName, resourceName } from '@groundplan/aws'

/** Texts in which an account and a region stand as what they are when it is deployed. */
export const account = pseudo('AccountId')
export const region = pseudo('Region')
export const partition = pseudo('Partition')

function pseudo(name: string): string {
  return `\${AWS::${name}}`
}

export interface Names {
  /** The plan and its environment: what all names begin with. */
  readonly prefix: string
  /** What names of buckets begin with, which must be the only ones of the world. */
  readonly bucketPrefix: string
  table(name: string): string
  queue(name: string): string
  bucket(name: string): string
  /** Where what is deployed lies. */
  readonly deployments: string
  /** The role that outside parties upload by. */
  readonly uploads: string
  /** Of a service's function, task, repository, log group. */
  service(name: string): string
  secret(place: string): string
  setting(place: string): string
}

/** `host` makes the names of buckets the only ones of the world. */
export function namesOf(plan: string, environment: string, host: string): Names {
  const prefix = `${plan}-${environment}`
  const bucketPrefix = `${host.replaceAll('.', '-')}-${environment}`
  return {
    ...{ prefix, bucketPrefix },
    table: name => resourceName(prefix, name),
    queue: name => queueName(prefix, name),
    uploads: shortened(`${prefix}-uploads`, 64),
    bucket: name => bucketName(bucketPrefix, name),
    deployments: bucketName(bucketPrefix, 'groundplan-deployments'),
    service: name => shortened(`${prefix}-${name}`, 64),
    secret: place => `${prefix}@${place}`,
    setting: place => `/${prefix}/${place}`,
  }
}

/** A name that is too long ends with a mark of its whole. */
export function shortened(name: string, most: number): string {
  if (name.length <= most) return name
  return `${name.slice(0, most - 9)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}

/**
 * The name of a thing in a template: its kind and its own name, without what does not stand there. A dot (a queue that
 * the plan does not name) becomes `Of`, so that it is no other's name.
 */
export function idOf(kind: string, ...names: readonly string[]): string {
  return kind + names.map(pascal).join('')
}

function pascal(name: string): string {
  return name
    .replaceAll('.', '-of-')
    .split(/[^A-Za-z0-9]+/)
    .map(word => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
}
