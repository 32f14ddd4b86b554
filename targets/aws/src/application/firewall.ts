/**
 * The firewall before a door: Amazon's lists of what is known to be bad, a bound for each address, and bodies no larger
 * than the gateway takes. It logs what it stops, without what shows who is calling.
 */
import { type CfnResource, Fn } from 'aws-cdk-lib'
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import type { Parts } from 'groundplan/target'
import { imported, type Kit } from '../kit.ts'
import { account, idOf, partition, region } from '../names.ts'
import { largerThan } from './larger-than.ts'

export interface Guarded {
  /** What the firewall is called by. */
  readonly of: string
  readonly arn: string
  readonly gateways: Parts['gateways']
  /** What must be there first. */
  readonly after?: CfnResource
}

const windowS = 60
/** The least that WAF counts. */
const leastPerWindow = 10
/** For each address, where a gateway does not say: far above what a person does. */
const usualPerWindow = 3_000

export function firewall(kit: Kit, { of, arn, gateways, after }: Guarded): void {
  const acl = webAcl(kit, idOf('Firewall', of), `${kit.system.names.prefix}-${of}`, 'REGIONAL', gateways)
  const on = { resourceArn: arn, webAclArn: acl.attrArn }
  const association = new CfnWebACLAssociation(kit.stack, idOf('FirewallOn', of), on)
  if (after) association.addResourceDependency(after)
  // WAF writes only to groups whose name begins so.
  const group = new CfnLogGroup(kit.stack, idOf('FirewallLogs', of), {
    logGroupName: `aws-waf-logs-${kit.system.names.prefix}-${of}`,
    retentionInDays: kit.system.settings.sizes.logDays,
    kmsKeyId: imported(kit, 'KeyArn'),
  })
  new CfnLoggingConfiguration(kit.stack, idOf('FirewallLogging', of), {
    resourceArn: acl.attrArn,
    logDestinationConfigs: [Fn.sub(`arn:${partition}:logs:${region}:${account}:log-group:\${${group.logicalId}}`)],
    redactedFields: ['authorization', 'cookie', 'x-api-key'].map(Name => ({ singleHeader: { Name } })),
    loggingFilter: onlyStopped,
  })
}

const onlyStopped = {
  DefaultBehavior: 'DROP',
  Filters: [{ Behavior: 'KEEP', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }], Requirement: 'MEETS_ANY' }],
}

/** Rules for one door, or for several behind one balancer. */
export function webAcl(
  { stack }: Kit,
  id: string,
  name: string,
  scope: 'REGIONAL' | 'CLOUDFRONT',
  gateways: Parts['gateways'],
): CfnWebACL {
  const rules = [
    lists('AWSManagedRulesAmazonIpReputationList'),
    // Its own bound of bodies is 8 KB: the gateway's is below.
    lists('AWSManagedRulesCommonRuleSet', ['SizeRestrictions_BODY']),
    lists('AWSManagedRulesKnownBadInputsRuleSet'),
    ...bodyRules(gateways),
    perAddress(gateways),
  ]
  return new CfnWebACL(stack, id, {
    name,
    scope,
    defaultAction: { allow: {} },
    visibilityConfig: seen(name),
    rules: rules.map((rule, priority) => ({ ...rule, priority })),
  })
}

type Rule = Omit<CfnWebACL.RuleProperty, 'priority'>

function lists(name: string, counted: readonly string[] = []): Rule {
  const excludes = counted.map(rule => ({ name: rule, actionToUse: { count: {} } }))
  return {
    name,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ...(excludes.length > 0 ? { ruleActionOverrides: excludes } : {}),
      },
    },
    visibilityConfig: seen(name),
  }
}

/** By what the request says of itself; who lies is found out by the gateway's service, which counts. */
function bodyRules(gateways: Parts['gateways']): readonly Rule[] {
  const [first] = gateways
  if (!first) return []
  const most = Math.max(...gateways.map(({ gateway }) => gateway.maxBodyBytes))
  const name = 'BodyTooLarge'
  return [
    {
      name,
      action: { block: { customResponse: { responseCode: 413 } } },
      statement: {
        regexMatchStatement: {
          fieldToMatch: { singleHeader: { Name: 'content-length' } },
          regexString: largerThan(most),
          textTransformations: [{ priority: 0, type: 'NONE' }],
        },
      },
      visibilityConfig: seen(name),
    },
  ]
}

function perAddress(gateways: Parts['gateways']): Rule {
  const rates = gateways.flatMap(({ gateway: { throttle } }) => (throttle.per === 'address' ? [throttle.rate] : []))
  const limit = rates.length > 0 ? Math.max(leastPerWindow, ...rates.map(rate => rate * windowS)) : usualPerWindow
  const name = 'PerAddress'
  return {
    name,
    action: { block: { customResponse: { responseCode: 429 } } },
    statement: { rateBasedStatement: { aggregateKeyType: 'IP', evaluationWindowSec: windowS, limit } },
    visibilityConfig: seen(name),
  }
}

function seen(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: true }
}
