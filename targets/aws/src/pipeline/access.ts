/**
 * Who of outside may deploy to an environment: roles that GitHub's and CircleCI's own tokens are exchanged for, for an hour.
 * No key is stored anywhere. A template for each environment, since each may have an account of its own.
 *
 * GitHub's token names the repository and the environment, whose reviewers GitHub waits for; CircleCI's the project and
 * the branch.
 */
import { CfnOutput } from 'aws-cdk-lib'
import { CfnRole } from 'aws-cdk-lib/aws-iam'
import { document } from '../application/roles.ts'
import { asked, type Kit } from '../kit.ts'
import type { PolicyDocument, Statement } from '../policy.ts'
import { readsStacks, ships } from './rights.ts'
import type { Stop, Way } from './way.ts'

const github = 'token.actions.githubusercontent.com'

export function access(kit: Kit, way: Way, stop: Stop): void {
  const trusts = trusted(kit, way, stop)
  role(kit, 'Deploy', document(...deploying(way, stop)), trusts('deploy'))
  if (stop.approval) role(kit, 'Diff', document(...readsStacks(stop.system)), trusts('diff'))
}

/** Names of GitHub's environments: what a person has to agree to, and what shows it to them before. */
export function githubEnvironment(way: Way, { environment }: Stop, does: 'deploy' | 'diff'): string {
  return `${way.name}-${environment}${does === 'diff' ? '-diff' : ''}`
}

/** The images of an environment come from the one before. */
function deploying(way: Way, { system, from }: Stop): readonly Statement[] {
  const repositories = [from, system].flatMap(each =>
    each ? way.images.map(({ name }) => each.names.service(name)) : [],
  )
  return ships(system, repositories)
}

type Trusts = (does: 'deploy' | 'diff') => readonly object[]

/** A provider belongs to the account, once, whatever it lets in: it is asked for. */
function trusted(kit: Kit, way: Way, stop: Stop): Trusts {
  const provider = asked(kit, 'GitHubProviderArn', `The provider of identities for https://${github}`)
  const circle = ofCircle(kit, way)
  return does => {
    const sub = `repo:${way.flow.source.repository}:environment:${githubEnvironment(way, stop, does)}`
    const claims = { [`${github}:aud`]: 'sts.amazonaws.com', [`${github}:sub`]: sub }
    return [trust(provider, { StringEquals: claims }), ...circle]
  }
}

/** The second form of its token names the project, the repository and the branch. */
function ofCircle(kit: Kit, { flow: { circleci, source } }: Way): readonly object[] {
  if (circleci === undefined) return []
  const { organization, project } = circleci
  const host = `oidc.circleci.com/org/${organization}`
  const provider = asked(kit, 'CircleCiProviderArn', `The provider of identities for https://${host}`)
  const from = `vcs-origin/github.com/${source.repository}/vcs-ref/refs/heads/${source.branch}`
  const sub = `org/${organization}/project/${project}/user/*/${from}`
  const StringLike = { [`${host}:sub`]: sub }
  return [trust(provider, { StringEquals: { [`${host}:aud`]: organization }, StringLike })]
}

function trust(Federated: string, Condition: object): object {
  return { Effect: 'Allow', Principal: { Federated }, Action: 'sts:AssumeRoleWithWebIdentity', Condition }
}

function role(
  { stack, system }: Kit,
  does: 'Deploy' | 'Diff',
  policyDocument: PolicyDocument,
  trusts: readonly object[],
): void {
  const made = new CfnRole(stack, does, {
    // Not the prefix first: whoever deploys may change the roles that begin with it, and must not change its own.
    roleName: `pipeline-${system.names.prefix}-${does.toLowerCase()}`,
    maxSessionDuration: 3_600,
    assumeRolePolicyDocument: { Version: '2012-10-17', Statement: trusts },
    policies: [{ policyName: does.toLowerCase(), policyDocument }],
  })
  new CfnOutput(stack, `${does}RoleArn`, {
    value: made.attrArn,
    description: `What a pipeline ${does.toLowerCase()}s as`,
  })
}
