/** What to do about what CloudFormation failed with: the reasons that one meets, each with its way out. */

const known: readonly (readonly [reason: RegExp, wayOut: string])[] = [
  [
    /already exists/i,
    'something of this name is there already, and belongs to no stack of this environment: remove or rename it, then run the command again',
  ],
  [
    /not authorized|AccessDenied|is not allowed|UnauthorizedOperation/i,
    'let the role that you deploy with do what is named above, then run the command again',
  ],
  [
    /limit (was )?exceeded|LimitExceeded|quota|maximum number of|Throttling|Rate exceeded/i,
    'the account is at a limit of AWS: raise it in Service Quotas, or make room, then run the command again',
  ],
  [
    /certificate|domain validation/i,
    'the zone of the domain must be the one that the world asks: see that its name servers are those of Route 53',
  ],
  [
    /does not exist|NoSuchKey|not found|No export named/i,
    'what it needs is not there: see that the parts before it are deployed, and that nobody removed it by hand',
  ],
  [
    /circuit breaker|did not stabilize|unhealthy|health check/i,
    'what runs does not answer: groundplan logs, and the log group of the service, say why',
  ],
  [/image|manifest|CannotPull/i, 'see that the image is in its repository, for linux/arm64'],
  [/not empty/i, 'empty it, then run the command again'],
  [/deletion protection|DeletionProtection/i, 'it is protected: deploy once with sizes that do not protect data'],
]

export function wayOutOf(why: string): string {
  const found = known.find(([reason]) => reason.test(why))
  return found?.[1] ?? 'mend what is named above, then run the command again: it goes on where it is'
}

/** What became of a stack, from its status. */
export function afterwards(status: string): string {
  switch (status) {
    case 'ROLLBACK_COMPLETE':
      return 'what it had made is removed again'
    case 'UPDATE_ROLLBACK_COMPLETE':
      return 'everything is as it was before'
    case 'UPDATE_ROLLBACK_FAILED':
      return 'it could not go back either: aws cloudformation continue-update-rollback --stack-name … when the cause is mended'
    case 'DELETE_FAILED':
      return 'the rest is removed; what is named above is still there'
    default:
      return `CloudFormation says ${status}`
  }
}
