/** What a gateway refuses before anything of the plan runs, said as the plan's own problems are. */
import { CfnGatewayResponse, type CfnRestApi } from 'aws-cdk-lib/aws-apigateway'
import { type ProblemCode, problems } from 'groundplan/target'
import type { Kit } from '../kit.ts'
import { idOf } from '../names.ts'

/** By API Gateway's names for them; the only parameter that it asks for is the credential. */
const codes: Readonly<Record<string, ProblemCode>> = {
  BAD_REQUEST_PARAMETERS: 'not-authenticated',
  INTEGRATION_FAILURE: 'service-unavailable',
  INTEGRATION_TIMEOUT: 'timed-out',
  MISSING_AUTHENTICATION_TOKEN: 'no-such-route',
  REQUEST_TOO_LARGE: 'body-too-large',
  THROTTLED: 'throttled',
  WAF_FILTERED: 'not-allowed',
  DEFAULT_5XX: 'service-unavailable',
}

export function gatewayProblems({ stack }: Kit, gateway: string, api: CfnRestApi): CfnGatewayResponse[] {
  return Object.entries(codes).map(([responseType, code]) => {
    const { status, title } = problems[code]
    return new CfnGatewayResponse(stack, idOf('Says', gateway, responseType.toLowerCase()), {
      restApiId: api.ref,
      responseType,
      statusCode: String(status),
      responseParameters: { 'gatewayresponse.header.Content-Type': "'application/problem+json'" },
      responseTemplates: { 'application/json': JSON.stringify({ type: 'about:blank', title, status, code }) },
    })
  })
}
