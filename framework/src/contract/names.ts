/**
 * Names of the queues that a plan does not name itself: every subscriber, view, reaction and mailbox has one of its
 * own. A dot cannot stand in a name that an author chooses, so none can collide.
 */

/** The queue of a subscriber, view, reaction or retention with an alarm: of its service and its lasting name. */
export function handlerQueue(service: string, handler: string): string {
  return `${service}.${handler}`
}

/** The queue that a mailbox's mail waits in. Two dots, so that no handler of a service called `mail` collides. */
export function mailQueue(mailbox: string): string {
  return `mail.box.${mailbox}`
}

/** The name of a tenant's secret in the vault. */
export function secretName(plan: string, secret: string, tenant?: string): string {
  return tenant === undefined ? `${plan}/secrets/${secret}` : `${plan}/secrets/${secret}/${tenant}`
}

export function settingName(plan: string, setting: string): string {
  return `${plan}/settings/${setting}`
}

/**
 * What the names of a plan's buckets begin with for S3 clients that come to our own endpoint. A name that an author
 * chooses has no `_`, so none can collide, nor with an address of a site or gateway.
 */
export function uploadPrefix(plan: string): string {
  return `${plan}_`
}

/** What stands where a secret would. */
export function secretLabel(name: string): string {
  return `[secret ${name}]`
}
