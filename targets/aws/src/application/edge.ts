/**
 * What CloudFront takes from us-east-1 alone: the certificate of the site's address, and its firewall. A template of its
 * own, whose outputs are parameters of the application's.
 */
import { CfnOutput } from 'aws-cdk-lib'
import { CfnCertificate } from 'aws-cdk-lib/aws-certificatemanager'
import { type Kit, zoneId } from '../kit.ts'
import type { System } from '../system.ts'
import { webAcl } from './firewall.ts'

/** Pages come by CloudFront where no balancer is there to give them. */
export function needsEdge({ plan, doors }: System): boolean {
  return plan.sites.length > 0 && doors === 'functions'
}

export function edge(kit: Kit): void {
  const { settings, names } = kit.system
  const domainName = settings.host
  const certificate = new CfnCertificate(kit.stack, 'SiteCertificate', {
    domainName,
    validationMethod: 'DNS',
    domainValidationOptions: [{ domainName, hostedZoneId: zoneId(kit) }],
  })
  new CfnOutput(kit.stack, 'SiteCertificateArn', {
    value: certificate.ref,
    description: `Says that this is ${domainName}`,
  })
  const wall = webAcl(kit, 'SiteFirewall', `${names.prefix}-site`, 'CLOUDFRONT', [])
  new CfnOutput(kit.stack, 'SiteFirewallArn', { value: wall.attrArn, description: 'Stands before the site' })
}
