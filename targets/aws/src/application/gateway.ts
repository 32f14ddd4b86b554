/**
 * Gateways of functions: a REST API for each, since only these have a firewall, bounds and logs of their own. It knows the
 * routes of the plan and no others, and stands at the same path as everywhere else. Who is calling is found out by the
 * function, as on every target; what shows no credential at all does not reach it.
 */
import { createHash } from 'node:crypto'
import { Fn } from 'aws-cdk-lib'
import {
  CfnDeployment,
  CfnDomainName,
  CfnMethod,
  CfnRequestValidator,
  CfnResource,
  CfnRestApi,
  CfnStage,
} from 'aws-cdk-lib/aws-apigateway'
import { CfnApiMapping } from 'aws-cdk-lib/aws-apigatewayv2'
import { CfnPermission } from 'aws-cdk-lib/aws-lambda'
import { CfnRecordSetGroup } from 'aws-cdk-lib/aws-route53'
import { baseOf, handlersOf, type Parts } from 'groundplan/target'
import { imported, type Kit, zoneId } from '../kit.ts'
import { account, idOf, partition, region } from '../names.ts'
import { hostOf } from '../system.ts'
import { firewall } from './firewall.ts'
import { invocation, type Live } from './functions.ts'
import { gatewayProblems } from './gateway-problems.ts'
import { logGroup } from './logs.ts'

type Named = Parts['gateways'][number]
type Endpoint = ReturnType<typeof handlersOf<'endpoint'>>[number]

const stageName = 'live'
const longestMs = 29_000

export function gateways(kit: Kit, live: readonly Live[]): void {
  for (const named of kit.system.parts.gateways) {
    const target = live.find(({ service }) => service === named.gateway.service.name)
    if (target) gateway(kit, named, target)
  }
}

function gateway(kit: Kit, named: Named, target: Live): void {
  const { stack, system } = kit
  const { name } = named
  const api = new CfnRestApi(stack, idOf('Gateway', name), {
    name: `${system.names.prefix}-${name}`,
    description: named.gateway.title ?? `${system.plan.name} ${name}`,
    endpointConfiguration: { types: ['REGIONAL'] },
    // The custom domain alone.
    disableExecuteApiEndpoint: true,
  })
  const methods = routes(kit, named, api, target)
  const problems = gatewayProblems(kit, name, api)
  new CfnPermission(stack, idOf('GatewayMayAsk', name), {
    action: 'lambda:InvokeFunction',
    functionName: target.arn,
    principal: 'apigateway.amazonaws.com',
    sourceArn: Fn.sub(`arn:${partition}:execute-api:${region}:${account}:\${${api.logicalId}}/${stageName}/*`),
  })
  // A deployment is a picture of the routes: other routes, another picture.
  const mark = createHash('sha256').update(JSON.stringify(stack.resolve([methods.map(propsOf), problems.map(propsOf)])))
  const deployment = new CfnDeployment(stack, `${idOf('Deployment', name)}${mark.digest('hex').slice(0, 8)}`, {
    restApiId: api.ref,
  })
  for (const each of [...methods, ...problems]) deployment.addResourceDependency(each)
  const stage = stageOf(kit, named, api, deployment)
  door(kit, name, api, stage)
  if (system.settings.sizes.firewall) {
    const arn = Fn.sub(`arn:${partition}:apigateway:${region}::/restapis/\${${api.logicalId}}/stages/${stageName}`)
    firewall(kit, { of: name, arn, gateways: [named], after: stage })
  }
}

function propsOf(resource: { _toCloudFormation(): object }): unknown {
  return resource._toCloudFormation()
}

// ---------- routes

function routes(kit: Kit, named: Named, api: CfnRestApi, target: Live): CfnMethod[] {
  const { stack, system } = kit
  const own = handlersOf(system.parts, 'endpoint').filter(
    ({ service, handler }) => service === named.gateway.service && handler.caller.scheme !== 'internal',
  )
  const validator = new CfnRequestValidator(stack, idOf('Shown', named.name), {
    restApiId: api.ref,
    name: 'shows who is calling',
    validateRequestParameters: true,
    validateRequestBody: false,
  })
  const places = new Places(kit, named.name, api)
  const methods = own.map(endpoint => {
    const resourceId = places.at(endpoint.handler.path)
    return method(kit, named.name, api, resourceId, endpoint, target, validator.ref)
  })
  if (!named.gateway.cors) return methods
  return [...methods, ...places.all().map(place => preflight(kit, named.name, api, place, target))]
}

interface PlaceOfApi {
  readonly path: string
  readonly id: string
}

/** The tree of paths. Parameters of one place have one name there, whatever endpoints call them. */
class Places {
  readonly #kit: Kit
  readonly #gateway: string
  readonly #api: CfnRestApi
  readonly #known = new Map<string, PlaceOfApi>()
  readonly #used = new Map<string, PlaceOfApi>()

  constructor(kit: Kit, gateway: string, api: CfnRestApi) {
    this.#kit = kit
    this.#gateway = gateway
    this.#api = api
  }

  at(path: string): string {
    const segments = path.split('/').filter(segment => segment !== '')
    let place: PlaceOfApi = { path: '', id: this.#api.attrRootResourceId }
    for (const segment of segments) place = this.#below(place, segment)
    this.#used.set(place.path, place)
    return place.id
  }

  all(): readonly PlaceOfApi[] {
    return [...this.#used.values()]
  }

  #below({ path, id }: PlaceOfApi, segment: string): PlaceOfApi {
    const isParameter = segment.startsWith(':')
    const key = `${path}/${isParameter ? ':' : segment}`
    const known = this.#known.get(key)
    if (known) return known
    const made = new CfnResource(this.#kit.stack, idOf('Path', this.#gateway, key.replaceAll(':', 'any')), {
      restApiId: this.#api.ref,
      parentId: id,
      pathPart: isParameter ? `{${segment.slice(1)}}` : segment,
    })
    const place = { path: key, id: made.ref }
    this.#known.set(key, place)
    return place
  }
}

function method(
  { stack }: Kit,
  gateway: string,
  api: CfnRestApi,
  resourceId: string,
  { name, handler }: Endpoint,
  target: Live,
  requestValidatorId: string,
): CfnMethod {
  const { returns, timeoutMs, caller } = handler
  const streams = 'kind' in returns && (returns.kind === 'stream' || returns.kind === 'file')
  const header = caller.shownBy && 'header' in caller.shownBy ? caller.shownBy.header.toLowerCase() : undefined
  return new CfnMethod(stack, idOf('Route', gateway, name), {
    restApiId: api.ref,
    resourceId,
    httpMethod: handler.method,
    authorizationType: 'NONE',
    ...(header === undefined
      ? {}
      : { requestParameters: { [`method.request.header.${header}`]: true }, requestValidatorId }),
    integration: {
      type: 'AWS_PROXY',
      integrationHttpMethod: 'POST',
      uri: String(invocation(target.arn, streams)),
      ...(streams
        ? { responseTransferMode: 'STREAM', timeoutInMillis: 900_000 }
        : { timeoutInMillis: Math.min(longestMs, timeoutMs) }),
    },
  })
}

/** Which origins may call is answered by the function, by the same rules as everywhere else. */
function preflight({ stack }: Kit, gateway: string, api: CfnRestApi, { path, id }: PlaceOfApi, target: Live) {
  return new CfnMethod(stack, idOf('Preflight', gateway, path.replaceAll(':', 'any')), {
    restApiId: api.ref,
    resourceId: id,
    httpMethod: 'OPTIONS',
    authorizationType: 'NONE',
    integration: { type: 'AWS_PROXY', integrationHttpMethod: 'POST', uri: String(invocation(target.arn, false)) },
  })
}

// ---------- the stage and its address

const accessLog = {
  at: '$context.requestTimeEpoch',
  id: '$context.requestId',
  trace: '$context.xrayTraceId',
  address: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  route: '$context.resourcePath',
  status: '$context.status',
  bytes: '$context.responseLength',
  tookMs: '$context.responseLatency',
  functionTookMs: '$context.integrationLatency',
  firewall: '$context.wafResponseCode',
  problem: '$context.error.responseType',
}

function stageOf(
  kit: Kit,
  { name, gateway: { throttle } }: Named,
  api: CfnRestApi,
  deployment: CfnDeployment,
): CfnStage {
  const isShared = throttle.per !== 'address'
  return new CfnStage(kit.stack, idOf('Stage', name), {
    restApiId: api.ref,
    deploymentId: deployment.ref,
    stageName,
    tracingEnabled: true,
    accessLogSetting: {
      destinationArn: withoutStar(kit, `${name}-access`),
      format: JSON.stringify(accessLog),
    },
    methodSettings: [
      {
        httpMethod: '*',
        resourcePath: '/*',
        metricsEnabled: true,
        // For each address the firewall counts.
        ...(isShared ? { throttlingRateLimit: throttle.rate, throttlingBurstLimit: throttle.burst } : {}),
      },
    ],
  })
}

/** The group of the access log, as the stage wants it named. */
function withoutStar(kit: Kit, of: string): string {
  const group = logGroup(kit, of)
  return Fn.sub(`arn:${partition}:logs:${region}:${account}:log-group:\${${group.logicalId}}`)
}

/** `<gateway>.<host>`, and there the path that a gateway has everywhere. */
function door(kit: Kit, name: string, api: CfnRestApi, stage: CfnStage): void {
  const { stack, system } = kit
  const domainName = hostOf(kit.system, name)
  const domain = new CfnDomainName(stack, idOf('Domain', name), {
    domainName,
    regionalCertificateArn: imported(kit, 'CertificateArn'),
    endpointConfiguration: { types: ['REGIONAL'] },
    securityPolicy: 'TLS_1_2',
  })
  const base = baseOf(system.plan.name, name, system.parts.gateways.length, false)
  new CfnApiMapping(stack, idOf('Mapping', name), {
    ...{ apiId: api.ref, domainName: domain.ref, stage: stage.ref, apiMappingKey: base.slice(1) },
  })
  const aliasTarget = {
    dnsName: domain.attrRegionalDomainName,
    hostedZoneId: domain.attrRegionalHostedZoneId,
    evaluateTargetHealth: false,
  }
  new CfnRecordSetGroup(stack, idOf('Address', name), {
    hostedZoneId: zoneId(kit),
    recordSets: [{ name: domainName, type: 'A', aliasTarget }],
  })
}
