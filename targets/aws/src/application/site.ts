/**
 * The site of a system of functions: CloudFront before all, so that pages and API have one origin. Files that a build made
 * come from a bucket, pages from a function (the bundle that OpenNext makes of a Next.js application), the API from the
 * gateways. Neither bucket nor function answers anybody but CloudFront.
 */
import { Fn } from 'aws-cdk-lib'
import { CfnDistribution, CfnOriginAccessControl } from 'aws-cdk-lib/aws-cloudfront'
import { CfnFunction, CfnPermission, CfnUrl } from 'aws-cdk-lib/aws-lambda'
import { CfnRecordSetGroup } from 'aws-cdk-lib/aws-route53'
import { CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3'
import { baseOf } from 'groundplan/target'
import { asked, frontVariables, imported, type Kit, keepsData, onlyEncrypted, variables, zoneId } from '../kit.ts'
import { account, idOf, partition } from '../names.ts'
import { asText } from '../policy.ts'
import { hostOf, web } from '../system.ts'
import { needsEdge } from './edge.ts'
import { logGroup, logGroupName } from './logs.ts'
import { document, roleId, roleOf, writesLogs, writesTraces } from './roles.ts'

// Amazon's own rules, by the ids that they have in every account.
const cached = '658327ea-f89d-4fab-a63d-7e88639e58f6'
const notCached = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad'
const allButHost = 'b689b0a8-53d0-40ab-baf2-68738e2966ac'
const securityHeaders = '67f7725c-6f97-4210-82d7-5512b31e9d03'
/** CloudFront's zone in Route 53. */
const zoneOfCloudFront = 'Z2FDTNDATAQYW2'

export function site(kit: Kit): void {
  if (!needsEdge(kit.system)) return
  const files = filesBucket(kit)
  const pages = pagesFunction(kit)
  const distribution = new CfnDistribution(kit.stack, 'Site', { distributionConfig: configOf(kit, files, pages) })
  const SourceArn = `arn:${partition}:cloudfront::${account}:distribution/\${${distribution.logicalId}}`
  readBy(kit, files, SourceArn)
  for (const action of ['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl']) {
    new CfnPermission(kit.stack, idOf('SiteMay', action.replace('lambda:', '')), {
      action,
      functionName: pages.name,
      principal: 'cloudfront.amazonaws.com',
      sourceArn: Fn.sub(SourceArn),
    })
  }
  const aliasTarget = { dnsName: distribution.attrDomainName, hostedZoneId: zoneOfCloudFront }
  const names = ['A', 'AAAA'].map(type => ({ name: kit.system.settings.host, type, aliasTarget }))
  new CfnRecordSetGroup(kit.stack, 'SiteAddress', { hostedZoneId: zoneId(kit), recordSets: names })
}

// ---------- what is behind it

function filesBucket(kit: Kit): CfnBucket {
  const logFilePrefix = 'buckets/site-files/'
  return keepsData(
    kit,
    new CfnBucket(kit.stack, 'SiteFiles', {
      bucketEncryption: {
        // CloudFront reads it, and may use no key of ours: what is in it is public.
        serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
      },
      publicAccessBlockConfiguration: {
        ...{ blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      },
      ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
      versioningConfiguration: { status: 'Enabled' },
      loggingConfiguration: { destinationBucketName: imported(kit, 'LogBucketName'), logFilePrefix },
      lifecycleConfiguration: {
        rules: [
          {
            ...{ id: 'tidy', status: 'Enabled', noncurrentVersionExpiration: { noncurrentDays: 30 } },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          },
        ],
      },
    }),
  )
}

function readBy({ stack }: Kit, files: CfnBucket, SourceArn: string): void {
  const reads = {
    Sid: 'Site',
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: 's3:GetObject',
    Resource: `${files.attrArn}/*`,
    Condition: { StringEquals: { 'AWS:SourceArn': asText(SourceArn) } },
  }
  const policyDocument = {
    Version: '2012-10-17',
    Statement: [onlyEncrypted('s3:*', [files.attrArn, `${files.attrArn}/*`]), reads],
  }
  new CfnBucketPolicy(stack, 'SiteFilesPolicy', { bucket: files.ref, policyDocument })
}

interface Pages {
  readonly name: string
  /** The host of its address. */
  readonly host: string
}

function pagesFunction(kit: Kit): Pages {
  const { stack, system } = kit
  const around = document(writesLogs(logGroupName(kit, web)), writesTraces)
  const made = new CfnFunction(stack, idOf('Function', web), {
    functionName: system.names.service(web),
    ...{ runtime: 'nodejs24.x', architectures: ['arm64'], handler: 'index.handler' },
    code: {
      s3Bucket: asked(kit, 'CodeBucket', 'Where the code of functions is'),
      s3Key: asked(kit, idOf('Code', web), 'The key of the bundle of the web front there'),
    },
    memorySize: system.settings.sizes.functionMemoryMb,
    timeout: 30,
    role: roleOf(kit, roleId(web), 'lambda.amazonaws.com', { around }).attrArn,
    environment: { variables: { ...variables(kit), ...frontVariables(kit) } },
    kmsKeyArn: imported(kit, 'KeyArn'),
    loggingConfig: { logFormat: 'JSON', logGroup: logGroup(kit, web).ref },
    tracingConfig: { mode: 'Active' },
  })
  const url = new CfnUrl(stack, 'PagesUrl', {
    ...{ targetFunctionArn: made.attrArn, authType: 'AWS_IAM', invokeMode: 'RESPONSE_STREAM' },
  })
  return { name: made.ref, host: Fn.select(2, Fn.split('/', url.attrFunctionUrl)) }
}

// ---------- CloudFront

function configOf(kit: Kit, files: CfnBucket, pages: Pages): CfnDistribution.DistributionConfigProperty {
  const { settings, parts } = kit.system
  return {
    enabled: true,
    httpVersion: 'http2and3',
    ipv6Enabled: true,
    priceClass: 'PriceClass_100',
    aliases: [settings.host],
    comment: `${kit.system.plan.name}, ${kit.system.environment}`,
    viewerCertificate: {
      acmCertificateArn: asked(kit, 'SiteCertificateArn', 'From the outputs of the edge'),
      ...{ minimumProtocolVersion: 'TLSv1.2_2021', sslSupportMethod: 'sni-only' },
    },
    webAclId: asked(kit, 'SiteFirewallArn', 'From the outputs of the edge'),
    origins: [
      { id: 'files', domainName: files.attrRegionalDomainName, ...onlyFor(kit, 's3'), s3OriginConfig: {} },
      { id: 'pages', domainName: pages.host, ...onlyFor(kit, 'lambda'), customOriginConfig: encrypted },
      ...parts.gateways.map(({ name }) => ({
        ...{ id: `gateway-${name}`, domainName: hostOf(kit.system, name), customOriginConfig: encrypted },
      })),
    ],
    defaultCacheBehavior: { ...passed, targetOriginId: 'pages' },
    cacheBehaviors: [
      ...doors(kit),
      { ...passed, ...kept, pathPattern: '/_next/static/*', targetOriginId: 'files' },
      { ...passed, ...kept, pathPattern: '/assets/*', targetOriginId: 'files' },
    ],
  }
}

const encrypted = { originProtocolPolicy: 'https-only', originSslProtocols: ['TLSv1.2'], originReadTimeout: 60 }

const passed = {
  allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
  cachePolicyId: notCached,
  originRequestPolicyId: allButHost,
  responseHeadersPolicyId: securityHeaders,
  viewerProtocolPolicy: 'redirect-to-https',
  compress: true,
}

const kept = { allowedMethods: ['GET', 'HEAD', 'OPTIONS'], cachePolicyId: cached }

function doors({ system }: Kit): CfnDistribution.CacheBehaviorProperty[] {
  const { gateways } = system.parts
  return gateways.map(({ name }) => ({
    ...passed,
    pathPattern: `${baseOf(system.plan.name, name, gateways.length, false)}/*`,
    targetOriginId: `gateway-${name}`,
  }))
}

/** CloudFront signs what it asks of this origin, which answers nobody else. */
function onlyFor({ stack, system }: Kit, origin: 's3' | 'lambda') {
  const control = new CfnOriginAccessControl(stack, idOf('SiteReads', origin), {
    originAccessControlConfig: {
      name: `${system.names.prefix}-${origin}`,
      originAccessControlOriginType: origin,
      signingBehavior: 'always',
      signingProtocol: 'sigv4',
    },
  })
  return { originAccessControlId: control.attrId }
}
