/** Answers of format 2.0. */
import { bodyOf, pairs, type Reply } from './reply.ts'

interface HttpResult {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: readonly string[]
  readonly body: string
  readonly isBase64Encoded: boolean
}

export async function httpResult(reply: Reply): Promise<HttpResult> {
  const headers: Record<string, string> = {}
  const cookies: string[] = []
  for (const [name, value] of pairs(reply.headers)) {
    if (name.toLowerCase() === 'set-cookie') cookies.push(value)
    else headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return { statusCode: reply.status, headers, cookies, ...(await bodyOf(reply)) }
}
