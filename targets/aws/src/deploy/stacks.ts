/** Stacks of CloudFormation: what they are now, and what is done to them. */
import {
  type Change,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  paginateDescribeStackEvents,
  type StackEvent,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation'
import { fault } from 'groundplan/target'
import { type Clients, calling, nameOf } from './clients.ts'

/** A stack as it is. */
export interface StackNow {
  readonly id: string
  /** CloudFormation's word for it. */
  readonly status: string
  /** Why it is so, where CloudFormation says. */
  readonly why: string
  /** As it was deployed. */
  readonly template: string
  readonly parameters: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
  readonly isProtected: boolean
}

/** What a stack is to be. */
export interface StackToBe {
  readonly name: string
  /** The text itself, or where it lies in S3. */
  readonly template: { readonly body: string } | { readonly url: string }
  readonly parameters: Readonly<Record<string, string>>
  readonly isNew: boolean
}

export class Stacks {
  readonly #clients: Clients

  constructor(clients: Clients) {
    this.#clients = clients
  }

  /** Undefined: there is none, or only one that was looked at and never made. */
  async now(name: string): Promise<StackNow | undefined> {
    const { cloudFormation } = this.#clients
    const stack = await calling(`asking for the stack ${name}`, () =>
      cloudFormation
        .send(new DescribeStacksCommand({ StackName: name }))
        .then(({ Stacks: [first] = [] }) => first, unlessMissing),
    )
    const status = stack?.StackStatus ?? 'DELETE_COMPLETE'
    if (!stack || status === 'REVIEW_IN_PROGRESS' || status === 'DELETE_COMPLETE') return undefined
    const { TemplateBody = '' } = await calling(`reading the template of ${name}`, () =>
      cloudFormation.send(new GetTemplateCommand({ StackName: name, TemplateStage: 'Original' })),
    )
    const { Parameters = [], Outputs = [], StackId = name, StackStatusReason = '' } = stack
    return {
      ...{ id: StackId, status, why: StackStatusReason, template: TemplateBody },
      parameters: record(Parameters.map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue])),
      outputs: record(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
      isProtected: stack.EnableTerminationProtection === true,
    }
  }

  /** Makes a change set. Gives its changes; none where nothing would change, and then it is gone. */
  async changeSet(to: StackToBe, name: string, wait: () => Promise<void>): Promise<readonly Change[]> {
    const { cloudFormation } = this.#clients
    const which = { StackName: to.name, ChangeSetName: name }
    await this.#forget(to.name, name)
    await calling(`making a change set of ${to.name}`, () =>
      cloudFormation.send(
        new CreateChangeSetCommand({
          ...which,
          ChangeSetType: to.isNew ? 'CREATE' : 'UPDATE',
          ...('body' in to.template ? { TemplateBody: to.template.body } : { TemplateURL: to.template.url }),
          Parameters: Object.entries(to.parameters).map(([ParameterKey, ParameterValue]) => ({
            ParameterKey,
            ParameterValue,
          })),
          Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
          Description: 'groundplan deploy',
        }),
      ),
    )
    for (;;) {
      const { Status = '', StatusReason = '' } = await this.#changeSet(to.name, name)
      if (Status === 'FAILED') return this.#unmade(to.name, name, StatusReason)
      if (Status === 'CREATE_COMPLETE') return this.#changes(to.name, name)
      await wait()
    }
  }

  async #changes(StackName: string, ChangeSetName: string): Promise<readonly Change[]> {
    const all: Change[] = []
    let NextToken: string | undefined
    do {
      const page = await this.#changeSet(StackName, ChangeSetName, NextToken)
      all.push(...(page.Changes ?? []))
      NextToken = page.NextToken
    } while (NextToken !== undefined && NextToken !== '')
    return all
  }

  #changeSet(StackName: string, ChangeSetName: string, NextToken?: string) {
    const which = { StackName, ChangeSetName, ...(NextToken === undefined ? {} : { NextToken }) }
    return calling(`reading the change set of ${StackName}`, () =>
      this.#clients.cloudFormation.send(new DescribeChangeSetCommand(which)),
    )
  }

  async #unmade(stack: string, name: string, why: string): Promise<readonly Change[]> {
    await this.#forget(stack, name)
    if (/didn't contain changes|No updates are to be performed/i.test(why)) return []
    throw fault('plan-invalid', `CloudFormation refuses what ${stack} is to be: ${why}`, {
      wayOut: 'correct the plan or its settings; nothing was changed',
    })
  }

  async #forget(StackName: string, ChangeSetName: string): Promise<void> {
    const { cloudFormation } = this.#clients
    const forgets = new DeleteChangeSetCommand({ StackName, ChangeSetName })
    await calling(`preparing ${StackName}`, () => cloudFormation.send(forgets).catch(unlessMissing))
  }

  async execute(stack: string, name: string): Promise<void> {
    await calling(`deploying ${stack}`, () =>
      this.#clients.cloudFormation.send(new ExecuteChangeSetCommand({ StackName: stack, ChangeSetName: name })),
    )
  }

  async remove(stack: string): Promise<void> {
    await calling(`removing ${stack}`, () =>
      this.#clients.cloudFormation.send(new DeleteStackCommand({ StackName: stack })),
    )
  }

  async protect(stack: string, on: boolean): Promise<void> {
    const command = new UpdateTerminationProtectionCommand({ StackName: stack, EnableTerminationProtection: on })
    await calling(`protecting ${stack} from removal`, () => this.#clients.cloudFormation.send(command))
  }

  /** The name that a resource has there; undefined where there is none. */
  async physicalId(stack: string, id: string): Promise<string | undefined> {
    const command = new DescribeStackResourceCommand({ StackName: stack, LogicalResourceId: id })
    const found = await calling(`looking for ${id} of ${stack}`, () =>
      this.#clients.cloudFormation.send(command).catch(unlessMissing),
    )
    return found?.StackResourceDetail?.PhysicalResourceId
  }

  /** Events, the newest first, as far back as `enough` wants. */
  async events(stackId: string, enough: (event: StackEvent) => boolean): Promise<readonly StackEvent[]> {
    const found: StackEvent[] = []
    const { cloudFormation: client } = this.#clients
    await calling('following CloudFormation', async () => {
      for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName: stackId })) {
        for (const event of StackEvents) {
          found.push(event)
          if (enough(event)) return
        }
      }
    })
    return found
  }
}

function record(entries: readonly (readonly [string | undefined, string | undefined])[]): Record<string, string> {
  return Object.fromEntries(entries.map(([key = '', value = '']) => [key, value]))
}

/** CloudFormation calls it a mistake of validation to ask for what is not there. */
function unlessMissing(error: unknown): undefined {
  const isMissing =
    ['ValidationError', 'ChangeSetNotFound', 'ChangeSetNotFoundException'].includes(nameOf(error) ?? '') &&
    error instanceof Error &&
    /does not exist|not found|ChangeSetNotFound/i.test(`${error.name} ${error.message}`)
  if (!isMissing) throw error
}
