/** Domains that mail comes from, signed by SES (DKIM). Where the zone is ours the records are made, too. */
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53'
import { CfnConfigurationSet, CfnEmailIdentity } from 'aws-cdk-lib/aws-ses'
import { resourcesOf } from 'groundplan/target'
import type { Kit } from '../kit.ts'
import { idOf } from '../names.ts'
import { domainOf } from '../policy.ts'
import { addressIn } from '../rights.ts'

export function mailDomains(kit: Kit, zone: string): void {
  const { stack, system } = kit
  const { makesMailDomains, domain: ours } = system.settings
  const domains = new Set(resourcesOf(system.parts, 'mailbox').map(({ from }) => domainOf(addressIn(from))))
  if (!makesMailDomains || domains.size === 0) return
  const set = new CfnConfigurationSet(stack, 'Mail', {
    name: `${system.names.prefix}-mail`,
    deliveryOptions: { tlsPolicy: 'REQUIRE' },
    reputationOptions: { reputationMetricsEnabled: true },
    suppressionOptions: { suppressedReasons: ['BOUNCE', 'COMPLAINT'] },
  })
  for (const domain of domains) {
    const identity = new CfnEmailIdentity(stack, idOf('MailFrom', domain), {
      emailIdentity: domain,
      configurationSetAttributes: { configurationSetName: set.ref },
    })
    if (domain === ours || domain.endsWith(`.${ours}`)) signatures(kit, domain, identity, zone)
  }
}

function signatures({ stack }: Kit, domain: string, identity: CfnEmailIdentity, hostedZoneId: string): void {
  const { attrDkimDnsTokenName1, attrDkimDnsTokenValue1 } = identity
  const { attrDkimDnsTokenName2, attrDkimDnsTokenValue2 } = identity
  const { attrDkimDnsTokenName3, attrDkimDnsTokenValue3 } = identity
  const tokens = [
    [attrDkimDnsTokenName1, attrDkimDnsTokenValue1],
    [attrDkimDnsTokenName2, attrDkimDnsTokenValue2],
    [attrDkimDnsTokenName3, attrDkimDnsTokenValue3],
  ] as const
  for (const [at, [name, value]] of tokens.entries()) {
    new CfnRecordSet(stack, idOf('MailSignature', domain, String(at + 1)), {
      ...{ hostedZoneId, name, type: 'CNAME', ttl: '300', resourceRecords: [value] },
    })
  }
}
