/** People deploy with the sessions of IAM Identity Center: Amazon's own client against stand-ins of its two services. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { whoIs } from './approvals.ts'
import { clientsIn } from './clients.ts'

const profile = 'shop-development'
const anHour = 3_600_000
const role = { accessKeyId: 'ASIAFROMSSO', secretAccessKey: 'secret', sessionToken: 'session' }

/** What signing in leaves behind: a profile, and a token for its session until then. */
function signedIn(until: number): Disposable & { readonly token: string } {
  const home = mkdtempSync(join(tmpdir(), 'groundplan-sso-'))
  const cache = join(home, '.aws/sso/cache')
  mkdirSync(cache, { recursive: true })
  const config = `[profile ${profile}]
sso_session = work
sso_account_id = 111122223333
sso_role_name = shop-development-deploy
region = eu-central-1
[sso-session work]
sso_start_url = https://shop.awsapps.com/start
sso_region = eu-central-1
`
  writeFileSync(join(home, '.aws/config'), config)
  const token = `token until ${until}`
  const file = `${createHash('sha1').update('work').digest('hex')}.json`
  writeFileSync(join(cache, file), JSON.stringify({ accessToken: token, expiresAt: new Date(until).toISOString() }))
  vi.stubEnv('HOME', home)
  vi.stubEnv('AWS_CONFIG_FILE', join(home, '.aws/config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, '.aws/credentials'))
  return { token, [Symbol.dispose]: () => rmSync(home, { recursive: true }) }
}

describe("a profile of IAM Identity Center's", () => {
  const asked: IncomingMessage[] = []
  let isKnown = true
  let there: Server

  beforeAll(async () => {
    there = createServer((request, response) => {
      asked.push(request)
      const isSso = request.url?.startsWith('/federation/credentials') ?? false
      if (isSso && !isKnown) {
        response.writeHead(401, { 'x-amzn-errortype': 'UnauthorizedException' })
        response.end(JSON.stringify({ message: 'Session token not found or invalid' }))
      } else if (isSso) {
        response.end(JSON.stringify({ roleCredentials: { ...role, expiration: Date.now() + anHour } }))
      } else {
        const arn = 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_deploy_1/ada@example.org'
        const result = `<GetCallerIdentityResult><Arn>${arn}</Arn><Account>111122223333</Account></GetCallerIdentityResult>`
        response.writeHead(200, { 'content-type': 'text/xml' })
        response.end(`<GetCallerIdentityResponse>${result}</GetCallerIdentityResponse>`)
      }
    })
    await new Promise<void>(resolve => there.listen(0, '127.0.0.1', resolve))
    const address = there.address()
    const endpoint = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
  })
  afterEach(() => {
    asked.length = 0
    isKnown = true
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    there.closeAllConnections()
    await new Promise(resolve => there.close(resolve))
  })

  it('G8: gives the short-lived credentials of its role, with which everything is asked', async () => {
    using home = signedIn(Date.now() + anHour)
    expect(await whoIs(clientsIn('eu-central-1', profile))).toMatchObject({ account: '111122223333' })
    const [sso, sts] = asked
    expect(sso?.url).toBe('/federation/credentials?account_id=111122223333&role_name=shop-development-deploy')
    expect(sso?.headers['x-amz-sso_bearer_token']).toBe(home.token)
    expect(sts?.headers.authorization).toContain(`Credential=${role.accessKeyId}/`)
    expect(sts?.headers['x-amz-security-token']).toBe(role.sessionToken)
  })

  it('is found by AWS_PROFILE, too', async () => {
    using _ = signedIn(Date.now() + anHour)
    vi.stubEnv('AWS_PROFILE', profile)
    expect(await whoIs(clientsIn('eu-central-1'))).toMatchObject({ account: '111122223333' })
    vi.stubEnv('AWS_PROFILE', undefined)
  })

  it('says that its session is over and how to sign in again, when that has run out', async () => {
    using _ = signedIn(Date.now() - anHour)
    await expect(whoIs(clientsIn('eu-central-1', profile))).rejects.toMatchObject(over)
    expect(asked).toEqual([])
  })

  it('says the same of a session that was ended elsewhere', async () => {
    using _ = signedIn(Date.now() + anHour)
    isKnown = false
    await expect(whoIs(clientsIn('eu-central-1', profile))).rejects.toMatchObject(over)
  })
})

const over = {
  ...{ code: 'engine-unavailable', detail: 'the session with IAM Identity Center is over' },
  more: { wayOut: `sign in again: aws sso login --profile ${profile}` },
}
